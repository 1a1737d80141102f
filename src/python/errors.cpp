#include "python/errors.h"

#include <alexnet/error.h>

#include <exception>
#include <filesystem>
#include <system_error>

#include "core/system_error.h"
#include "data/files/filesystem_errors.h"

namespace alexnet::python {

namespace nb = nanobind;

namespace {

// Of the module, which stays as long as the process.
PyObject* not_found_error = nullptr;

PyObject* type_for(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::bad_input:
      return PyExc_ValueError;
    case ErrorKind::not_found:
      return not_found_error;
    case ErrorKind::unsupported:
      return PyExc_NotImplementedError;
    case ErrorKind::io:
      return PyExc_OSError;
    case ErrorKind::internal:
      break;
  }
  return PyExc_RuntimeError;
}

}  // namespace

void bind_errors(nb::module_& module) {
  const nb::tuple bases =
      nb::make_tuple(nb::borrow(PyExc_FileNotFoundError), nb::borrow(PyExc_ValueError));
  const nb::dict members;
  members["__module__"] = module.attr("__name__");
  members["__doc__"] =
      "What is named does not exist: a file (FileNotFoundError), a network, a layer (ValueError).";
  const nb::object type =
      nb::borrow(reinterpret_cast<PyObject*>(&PyType_Type))("NotFoundError", bases, members);
  module.attr("NotFoundError") = type;
  not_found_error = nb::object(type).release().ptr();
  nb::register_exception_translator([](const std::exception_ptr& thrown, void*) {
    try {
      std::rethrow_exception(thrown);
    } catch (const Error& error) {
      PyErr_SetString(type_for(error.kind()), error.what());
    } catch (const std::filesystem::filesystem_error& error) {
      const Error plain = plain_error(error, "a file");
      PyErr_SetString(type_for(plain.kind()), plain.what());
    } catch (const std::system_error& error) {
      PyErr_SetString(type_for(kind_of(error.code())), error.what());
    }
  });
}

}  // namespace alexnet::python

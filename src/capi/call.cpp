#include "capi/call.h"

#include <alexnet/enum_names.h>
#include <alexnet/version.h>

#include <array>
#include <exception>
#include <new>
#include <string>
#include <system_error>

#include "core/system_error.h"

namespace alexnet::capi {
namespace {

thread_local std::string last_sentence;

alexnet_status keep(std::string_view sentence, ErrorKind kind) noexcept {
  try {
    last_sentence = sentence;
  } catch (...) {  // no memory even for this
    last_sentence.clear();
  }
  return static_cast<alexnet_status>(kind) + 1;
}

static_assert(static_cast<int>(ErrorKind::bad_input) + 1 == ALEXNET_BAD_INPUT &&
              static_cast<int>(ErrorKind::not_found) + 1 == ALEXNET_NOT_FOUND &&
              static_cast<int>(ErrorKind::unsupported) + 1 == ALEXNET_UNSUPPORTED &&
              static_cast<int>(ErrorKind::io) + 1 == ALEXNET_IO &&
              static_cast<int>(ErrorKind::internal) + 1 == ALEXNET_INTERNAL &&
              EnumNames<ErrorKind>::kNames.size() == ALEXNET_INTERNAL);

}  // namespace

alexnet_status keep_exception() noexcept {
  try {
    throw;
  } catch (const Error& error) {
    return keep(error.what(), error.kind());
  } catch (const std::system_error& error) {
    return keep(error.what(), kind_of(error.code()));
  } catch (const std::bad_alloc&) {
    return keep("there is not enough memory; use smaller batches or images",
                ErrorKind::unsupported);
  } catch (const std::exception& error) {
    return keep(error.what(), ErrorKind::internal);
  } catch (...) {
    return keep("an exception of an unknown type", ErrorKind::internal);
  }
}

}  // namespace alexnet::capi

int32_t alexnet_c_version() {
  return ALEXNET_C_VERSION;
}

const char* alexnet_version() {
  return alexnet::version().data();
}

const char* alexnet_last_error() {
  return alexnet::capi::last_sentence.c_str();
}

const char* alexnet_status_name(alexnet_status status) {
  if (status == ALEXNET_OK) return "ok";
  const auto& names = alexnet::EnumNames<alexnet::ErrorKind>::kNames;
  const bool known = status > 0 && status <= static_cast<alexnet_status>(names.size());
  return known ? names[static_cast<std::size_t>(status) - 1].data() : "unknown";
}

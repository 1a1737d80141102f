#include "capi/call.h"

#include <alexnet/enum_names.h>
#include <alexnet/version.h>

#include <array>
#include <exception>
#include <filesystem>
#include <new>
#include <string>
#include <system_error>

#include "core/system_error.h"
#include "data/files/filesystem_errors.h"

namespace alexnet::capi {
namespace {

constexpr const char* kNoMemory = "there is not enough memory; use smaller batches or images";

thread_local std::string kept_sentence;
thread_local const char* last_sentence = "";

alexnet_status keep(std::string_view sentence, ErrorKind kind) noexcept {
  try {
    kept_sentence = sentence;
    last_sentence = kept_sentence.c_str();
    return static_cast<alexnet_status>(kind) + 1;
  } catch (...) {  // not even for the sentence
    last_sentence = kNoMemory;
    return ALEXNET_UNSUPPORTED;
  }
}

static_assert(static_cast<int>(ErrorKind::bad_input) + 1 == ALEXNET_BAD_INPUT &&
              static_cast<int>(ErrorKind::not_found) + 1 == ALEXNET_NOT_FOUND &&
              static_cast<int>(ErrorKind::unsupported) + 1 == ALEXNET_UNSUPPORTED &&
              static_cast<int>(ErrorKind::io) + 1 == ALEXNET_IO &&
              static_cast<int>(ErrorKind::internal) + 1 == ALEXNET_INTERNAL &&
              EnumNames<ErrorKind>::kNames.size() == ALEXNET_INTERNAL);

// The exception that is being handled; a file system's as a sentence without its function's name.
[[noreturn]] void rethrow_plainly() {
  try {
    throw;
  } catch (const std::filesystem::filesystem_error& error) {
    throw plain_error(error, "a file");
  }
}

}  // namespace

alexnet_status keep_exception() noexcept {
  try {
    rethrow_plainly();
  } catch (const Error& error) {
    return keep(error.what(), error.kind());
  } catch (const std::system_error& error) {
    return keep(error.what(), kind_of(error.code()));
  } catch (const std::bad_alloc&) {
    return keep(kNoMemory, ErrorKind::unsupported);
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
  return alexnet::capi::last_sentence;
}

const char* alexnet_status_name(alexnet_status status) {
  if (status == ALEXNET_OK) return "ok";
  const auto& names = alexnet::EnumNames<alexnet::ErrorKind>::kNames;
  const bool known = status > 0 && status <= static_cast<alexnet_status>(names.size());
  return known ? names[static_cast<std::size_t>(status) - 1].data() : "unknown";
}

#include "cli/failure.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <exception>
#include <filesystem>
#include <new>
#include <system_error>

#include "cli/exit_codes.h"
#include "cli/standard_streams.h"
#include "core/system_error.h"
#include "data/files/filesystem_errors.h"

namespace alexnet::cli {
namespace {

Failure failure_of(const Error& error) {
  return {exit_code(error.kind()), error.what()};
}

// Of the output or, where there are too many, of a thread.
Failure failure_of_system(const std::system_error& error) {
  if (error.code() == std::errc::broken_pipe) end_by_closed_pipe();
  if (error.code() == std::errc::resource_unavailable_try_again) {
    return {kUnsupported,
            "the system gives no more threads; use fewer (--threads), or raise the limit "
            "(ulimit -u)"};
  }
  return {exit_code(kind_of(error.code())),
          fmt::format("cannot write the output: {}", error.code().message())};
}

}  // namespace

Failure current_failure() {
  try {
    throw;
  } catch (const Error& error) {
    return failure_of(error);
  } catch (const std::filesystem::filesystem_error& error) {
    return failure_of(plain_error(error, "a file"));
  } catch (const std::system_error& error) {
    return failure_of_system(error);
  } catch (const std::bad_alloc&) {
    return {kUnsupported, "there is not enough memory; use smaller batches or images"};
  } catch (const std::exception& error) {
    return {kInternal, error.what()};
  }
}

}  // namespace alexnet::cli

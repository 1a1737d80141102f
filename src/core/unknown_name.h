#pragma once

#include <alexnet/error.h>

#include <span>
#include <string>
#include <string_view>

namespace alexnet {

/// "there is no NOUN 'NAME'; choose one of A, B"
Error unknown_name(std::string_view noun, std::string_view name,
                   std::span<const std::string_view> names, ErrorKind kind = ErrorKind::not_found);

}  // namespace alexnet

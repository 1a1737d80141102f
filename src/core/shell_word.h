#pragma once

#include <string>

namespace alexnet {

/// A word that a shell reads back as it is.
std::string shell_word(const std::string& text);

}  // namespace alexnet

#pragma once

#include <string_view>

#include "core/printable.h"

namespace alexnet {

/// Throws Error: `source` (a file, say) is damaged, and why.
[[noreturn]] void refuse_pytorch(std::string_view source, std::string_view why);

/// What to do with a file that holds more, or other things, than a network's tensors.
inline constexpr std::string_view kSaveStateDict =
    "save a state dict (in PyTorch: torch.save(model.state_dict(), path))";

/// Throws Error: `source` is whole, and of a kind that is not read: why, and what to do.
[[noreturn]] void refuse_pytorch_kind(std::string_view source, std::string_view why);

}  // namespace alexnet

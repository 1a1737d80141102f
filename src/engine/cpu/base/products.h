#pragma once

namespace alexnet::cpu {

/// What is multiplied: it decides what a processor can do of it at most.
enum class Products { float32, bf16, bytes };

}  // namespace alexnet::cpu

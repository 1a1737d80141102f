#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "serve/api/input_tensor.h"
#include "serve/batching/job.h"

namespace alexnet::serve {

/// The job of a tensor whose image files are decoded into `pixels`. `owner` keeps both alive.
/// Throws as decode_images.
Job make_tensor_job(std::shared_ptr<ServedModel> model, const InputTensor& tensor,
                    std::vector<std::uint8_t>& pixels, std::shared_ptr<const void> owner,
                    std::int64_t max_pixels, const Cancellation& cancellation);

}  // namespace alexnet::serve

#include "serve/api/tensor_job.h"

#include <span>
#include <utility>

#include "serve/api/decode_images.h"
#include "serve/batching/served_model.h"

namespace alexnet::serve {

Job make_tensor_job(std::shared_ptr<ServedModel> model, const InputTensor& tensor,
                    std::vector<std::uint8_t>& pixels, std::shared_ptr<const void> owner,
                    std::int64_t max_pixels, const Cancellation& cancellation) {
  pixels = decode_images(tensor.encoded, model->model.preprocess, max_pixels, cancellation).pixels;
  return {.model = std::move(model),
          .kind = tensor.kind,
          .count = tensor.count,
          .images = tensor.encoded.empty() ? tensor.values : std::as_bytes(std::span(pixels)),
          .owner = std::move(owner),
          .cancellation = cancellation};
}

}  // namespace alexnet::serve

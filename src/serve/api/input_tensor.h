#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "serve/api/encoded_image.h"
#include "serve/api/json_tensor.h"
#include "serve/batching/job.h"

namespace alexnet::serve {

/// The network's input.
struct ImageShape {
  int channels = 0;
  int height = 0;
  int width = 0;

  std::size_t values() const;  ///< of an image
};

/// The images of a request, as they are computed or to be decoded.
struct InputTensor {
  int count = 0;
  InputKind kind = InputKind::bytes;
  std::span<const std::byte> values;  ///< as `kind` says; empty where `encoded` is not
  std::vector<EncodedImage> encoded;  ///< image files

  std::vector<float> floats;        ///< owns `values` that are not in the body as they are
  std::vector<std::uint8_t> bytes;  ///< likewise
  std::deque<std::string> files;    ///< owns the contents of `encoded` where they came as JSON
};

/// What may be sent: "FP32, FP16, BF16 (N, C, H, W), ..." is the documentation.
struct InputType {
  std::string_view name;  ///< of the Open Inference Protocol
  std::size_t size;       ///< of a value, in bytes; 0: of any length
  bool pixels;            ///< (N, H, W, C), 0 to 255, in place of (N, C, H, W), normalised
};
std::span<const InputType> input_types();
/// Of one image: {C, H, W} or {H, W, C}; {} of BYTES.
std::vector<std::int64_t> image_extents(const InputType& type, const ImageShape& image);

/// What a request says of its input.
struct DeclaredInput {
  std::string datatype;
  std::vector<std::int64_t> shape;
};

/// Throw Problem: 413 when there are more than `max_images` files, 400 when values do not fit the
/// declaration, that does not fit `image`, or values are not finite.
InputTensor read_binary_input(const DeclaredInput& declared, std::string_view binary,
                              const ImageShape& image, int max_images);
InputTensor read_json_input(const DeclaredInput& declared, JsonTensor tensor,
                            const ImageShape& image);

}  // namespace alexnet::serve

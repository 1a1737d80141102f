#include <alexnet/features.h>
#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "formats/common/architecture_json.h"
#include "formats/common/model_metadata.h"

namespace alexnet {
namespace {

class Hash {
 public:
  Hash() : state_(XXH3_createState(), &XXH3_freeState) { XXH3_128bits_reset(state_.get()); }

  // With its end.
  void add(const std::string& text) {
    XXH3_128bits_update(state_.get(), text.c_str(), text.size() + 1);
  }
  void add(std::span<const float> values) {
    XXH3_128bits_update(state_.get(), values.data(), values.size_bytes());
  }
  // Its floats, of which no copy is kept.
  void add(const Tensor& tensor) {
    constexpr std::int64_t kPiece = std::int64_t{1} << 16;
    if (tensor.stored() == nullptr) return add(tensor.values());
    std::vector<float> piece;
    for (std::int64_t first = 0; first < tensor.size(); first += kPiece) {
      piece.resize(static_cast<std::size_t>(std::min(kPiece, tensor.size() - first)));
      tensor.read(first, piece);
      tensor.release(first, static_cast<std::int64_t>(piece.size()));
      add(std::span<const float>(piece));
    }
  }
  std::string digits() const {
    const XXH128_hash_t hash = XXH3_128bits_digest(state_.get());
    return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
  }

 private:
  std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state_;
};

// Of training alone, and lost in some formats.
Architecture without_dropout(Architecture net) {
  std::erase_if(net.layers,
                [](const Layer& layer) { return std::holds_alternative<Dropout>(layer); });
  return net;
}

}  // namespace

std::string model_hash(const Model& model) {
  Hash hash;
  for (const std::string& part : input_metadata(model)) hash.add(part);
  hash.add(to_text(architecture_to_json(without_dropout(model.architecture))));
  for (const ParameterSpec& spec : model.architecture.parameters()) {
    hash.add(model.parameters.at(spec.name));
  }
  if (model.normalization.mean_image) hash.add(model.normalization.mean_image->values);
  return hash.digits();
}

}  // namespace alexnet

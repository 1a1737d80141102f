#pragma once

#include <alexnet/architecture.h>
#include <alexnet/enum_names.h>
#include <alexnet/tensor.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#pragma GCC visibility push(default)
namespace alexnet {

struct NamedTensor {
  std::string name;
  Tensor tensor;
};

/// Somebody else's float32 array with its name, for a file to be written.
struct NamedView {
  std::string name;
  TensorView tensor;
};

/// Named float32 tensors in a fixed order, under torchvision's state_dict names.
class Parameters {
 public:
  Parameters() = default;
  /// All zeros, one tensor for each of architecture.parameters().
  explicit Parameters(const Architecture& architecture);

  Parameters clone() const;

  /// Throws Error when there is already one of that name.
  void add(std::string name, Tensor tensor);
  bool contains(std::string_view name) const;
  /// Throws Error when there is none of that name.
  Tensor& at(std::string_view name);
  const Tensor& at(std::string_view name) const;

  /// Every tensor under `prefix` and its name, for a file. They point into these parameters.
  std::vector<NamedView> views(std::string_view prefix = "") const&;
  std::vector<NamedView> views(std::string_view prefix = "") const&& = delete;

  std::size_t size() const { return tensors_.size(); }
  auto begin() { return tensors_.begin(); }
  auto end() { return tensors_.end(); }
  auto begin() const { return tensors_.begin(); }
  auto end() const { return tensors_.end(); }

 private:
  std::vector<NamedTensor> tensors_;
};

/// Copies the values of every tensor in `from` to that of its name in `to`. Throws Error when there
/// is none, or it has another number of elements.
void copy_values(const Parameters& from, Parameters& to);

/// Copies tensors whose memory is somebody else's, such as that of a mapped file, which may be
/// overwritten later.
void copy_borrowed(Parameters& parameters);

/// Throws Error unless `parameters` hold exactly what `architecture` needs, with the same names and
/// shapes. `source` (a file, say) begins the message.
void check_shapes(const Architecture& architecture, const Parameters& parameters,
                  std::string_view source);

/// check_shapes, and all values must be finite.
void check_fit(const Architecture& architecture, const Parameters& parameters,
               std::string_view source);

enum class Initializer {
  he,  ///< N(0, 2 / fan_in) before a ReLU (He et al. 2015, equation 10), N(0, 1 / fan_in) in the
       ///< last layer; biases 0
  pytorch,         ///< weights and biases U(-1/sqrt(fan_in), 1/sqrt(fan_in)): torch.nn's default
  krizhevsky2012,  ///< N(0, 0.01²); biases 1 in conv2, conv4, conv5 and the hidden FC layers, else
                   ///< 0 (section 5)
};

template <>
struct EnumNames<Initializer> {
  static constexpr std::string_view kNoun = "initializer";
  static constexpr std::array<std::string_view, 3> kNames{"he", "pytorch", "krizhevsky2012"};
};

/// The default initial weights: those that suit ReLU (He et al.
/// 2015).
inline constexpr Initializer kDefaultInitializer = Initializer::he;

/// New parameters; the same seed gives the same bits on every machine and thread count. Throws
/// Error when the layers do not fit together.
Parameters initialize(const Architecture& architecture, Initializer initializer,
                      std::uint64_t seed);

}  // namespace alexnet
#pragma GCC visibility pop

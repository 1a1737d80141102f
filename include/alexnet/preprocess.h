#pragma once

#include <alexnet/enum_names.h>
#include <alexnet/size.h>

#include <array>
#include <string_view>

#pragma GCC visibility push(default)
namespace alexnet {

/// How an image gets its new size.
enum class Fit {
  cover,    ///< the aspect ratio is kept, and the image just covers it
  stretch,  ///< exactly: torchvision's Resize((height, width))
};

template <>
struct EnumNames<Fit> {
  static constexpr std::string_view kNoun = "fit";
  static constexpr std::array<std::string_view, 2> kNames{"cover", "stretch"};
};

/// Pillow's filters, in the order of its numbers. All but the nearest are antialiased.
enum class Interpolation { nearest, lanczos, bilinear, bicubic, box, hamming };

template <>
struct EnumNames<Interpolation> {
  static constexpr std::string_view kNoun = "interpolation";
  static constexpr std::array<std::string_view, 6> kNames{"nearest", "lanczos", "bilinear",
                                                          "bicubic", "box",     "hamming"};
};

/// What turns an image of any size into the network's input: it is resized, and the middle is cut
/// out. With one number for each as torchvision's Resize(resize) and CenterCrop(crop) do.
struct Preprocess {
  Size resize = 256;  ///< to cover a square is to make the shorter side that long
  Size crop = 224;    ///< in height and width no larger than `resize`
  int channels = 3;
  Fit fit = Fit::cover;
  Interpolation interpolation = Interpolation::bilinear;
  bool operator==(const Preprocess&) const = default;
};

}  // namespace alexnet
#pragma GCC visibility pop

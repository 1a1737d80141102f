#include "infer/lpips/pair_files.h"

#include <alexnet/error.h>
#include <alexnet/transforms.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <future>
#include <span>
#include <utility>

namespace alexnet {
namespace {

using Pixels = std::shared_ptr<const Image>;

constexpr std::size_t kMostPairs = 32;                       // read together
constexpr std::int64_t kMostPixels = std::int64_t{1} << 21;  // at least those of one pair

struct ReadPair {
  Pixels reference;
  Pixels image;
};

/// Reads files, RGB; a reference that is named again right after is read once, also where it cannot
/// be.
class Reader {
 public:
  /// Throws Error when one cannot be read or, without `resized`, their sizes differ.
  ReadPair read(const FilePair& files, bool resized) {
    const Pixels reference = read_reference(files.reference);
    Image image = read_image(files.image, 3);
    if (image.size() != reference->size()) {
      if (!resized) refuse(files, reference->size(), image.size());
      const bool transparent = image.transparent;
      image = resize(image, reference->size());
      image.transparent = transparent;
    }
    return {reference, std::make_shared<const Image>(std::move(image))};
  }

 private:
  Pixels read_reference(const std::string& name) {
    const bool is_read = name_ == name && (reference_ != nullptr || problem_ != nullptr);
    if (!is_read) {
      name_ = name;
      problem_ = nullptr;
      reference_ = nullptr;
      try {
        reference_ = std::make_shared<const Image>(read_image(name, 3));
      } catch (const Error&) {
        problem_ = std::current_exception();
      }
    }
    if (problem_ != nullptr) std::rethrow_exception(problem_);
    return reference_;
  }

  [[noreturn]] static void refuse(const FilePair& files, Size reference, Size image) {
    throw Error(
        fmt::format("{} has {}x{} pixels and {} has {}x{}; images of different sizes "
                    "cannot be compared: resize one of them (--resize)",
                    files.reference, reference.height, reference.width, files.image, image.height,
                    image.width));
  }

  std::string name_;
  Pixels reference_;
  std::exception_ptr problem_;
};

Compared compared(std::size_t pair, const ReadPair& images) {
  return {.pair = pair,
          .distance = {},
          .transparent_reference = images.reference->transparent,
          .transparent_image = images.image->transparent,
          .problem = ""};
}

/// Pairs that are compared together.
struct Batch {
  std::vector<ReadPair> pairs;
  std::vector<Compared> results;  // of these, and of those that cannot be read
};

Batch read_batch(Reader& reader, const std::vector<FilePair>& files, std::size_t first,
                 bool resize) {
  Batch batch;
  std::int64_t pixels = 0;
  for (std::size_t i = first; i < files.size() && i - first < kMostPairs && pixels < kMostPixels;
       ++i) {
    Compared result{.pair = i};
    try {
      batch.pairs.push_back(reader.read(files[i], resize));
      result = compared(i, batch.pairs.back());
      const Size size = batch.pairs.back().image->size();
      pixels += std::int64_t{size.height} * size.width;
    } catch (const Error& error) {
      result.problem = error.what();
    }
    batch.results.push_back(std::move(result));
  }
  return batch;
}

// Computes, and says which file it was that cannot be compared.
template <class Compute>
auto with_name(const std::string& file, const Compute& compute) {
  try {
    return compute();
  } catch (const Error& error) {
    throw Error(fmt::format("{}: {}", file, error.what()), error.kind());
  }
}

// What cannot be compared, such as an image that is too small, is told of its pair alone.
void compare(Lpips& lpips, const std::vector<FilePair>& files, Batch& batch) {
  std::vector<ImagePair> images;
  images.reserve(batch.pairs.size());
  for (const ReadPair& pair : batch.pairs) {
    images.push_back({pair.reference.get(), pair.image.get()});
  }
  std::vector<LpipsDistance> distances;
  try {
    distances = lpips.distances(images);
  } catch (const Error&) {
    distances.clear();
  }
  std::size_t next = 0;
  for (Compared& result : batch.results) {
    if (!result.problem.empty()) continue;
    const ImagePair& pair = images[next];
    try {
      result.distance =
          distances.empty()
              ? with_name(files[result.pair].image,
                          [&] { return lpips.distance(*pair.reference, *pair.image); })
              : distances[next];
    } catch (const Error& error) {
      result.problem = error.what();
    }
    ++next;
  }
}

}  // namespace

void compare_files(Lpips& lpips, const std::vector<FilePair>& pairs, bool resize,
                   const std::function<void(const Compared&)>& tell) {
  Reader reader;
  const auto begin = [&](std::size_t first) {
    return std::async(std::launch::async,
                      [&, first] { return read_batch(reader, pairs, first, resize); });
  };
  std::size_t done = 0;
  std::future<Batch> next = begin(done);
  while (done < pairs.size()) {
    Batch batch = next.get();
    done += batch.results.size();
    if (done < pairs.size()) next = begin(done);
    compare(lpips, pairs, batch);
    std::ranges::for_each(batch.results, tell);
  }
}

Mapped map_files(Lpips& lpips, const FilePair& files, bool resize) {
  Mapped mapped;
  try {
    const ReadPair images = Reader().read(files, resize);
    mapped.result = compared(0, images);
    mapped.reference = images.reference;
    mapped.map = with_name(files.image, [&] {
      return lpips.map(*images.reference, *images.image, &mapped.result.distance);
    });
  } catch (const Error& error) {
    mapped.result.problem = error.what();
  }
  return mapped;
}

}  // namespace alexnet

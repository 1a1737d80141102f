#include "infer/lpips/pair_files.h"

#include <alexnet/error.h>
#include <alexnet/transforms.h>
#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <utility>

namespace alexnet {
namespace {

using Pixels = std::shared_ptr<const Image>;

constexpr std::size_t kMostPairs = 32;                       // read together
constexpr std::int64_t kMostPixels = std::int64_t{1} << 21;  // at least those of one pair

/// Reads files; one that is named again right after is read once.
class Reader {
 public:
  ReadPair read(const FilePair& files, bool resized) {
    if (!reference_ || files.reference != name_) {
      reference_ = nullptr;
      reference_ = std::make_shared<const Image>(read_image(files.reference, 3));
      name_ = files.reference;
    }
    Image image = read_image(files.image, 3);
    if (image.size() != reference_->size()) {
      if (!resized) refuse(files, image.size());
      image = resize(image, reference_->size());
    }
    return {reference_, std::make_shared<const Image>(std::move(image))};
  }

 private:
  [[noreturn]] void refuse(const FilePair& files, Size size) const {
    throw Error(
        fmt::format("{} has {}x{} pixels and {} has {}x{}; images of different sizes "
                    "cannot be compared: resize one of them (--resize)",
                    files.reference, reference_->height, reference_->width, files.image,
                    size.height, size.width));
  }

  std::string name_;
  Pixels reference_;
};

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
    Compared result{.pair = i, .distance = {}, .problem = ""};
    try {
      batch.pairs.push_back(reader.read(files[i], resize));
      const Size size = batch.pairs.back().image->size();
      pixels += std::int64_t{size.height} * size.width;
    } catch (const Error& error) {
      result.problem = error.what();
    }
    batch.results.push_back(std::move(result));
  }
  return batch;
}

// What cannot be compared, such as an image that is too small, is told of its pair alone.
void compare(Lpips& lpips, const std::vector<FilePair>& files, Batch& batch) {
  std::vector<ImagePair> images;
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
          distances.empty() ? lpips.distance(*pair.reference, *pair.image) : distances[next];
    } catch (const Error& error) {
      result.problem = fmt::format("{}: {}", files[result.pair].image, error.what());
    }
    ++next;
  }
}

}  // namespace

ReadPair read_pair(const FilePair& files, bool resize) {
  return Reader().read(files, resize);
}

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

}  // namespace alexnet

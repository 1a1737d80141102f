#include "data/sets/survey.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <exception>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "core/places.h"
#include "core/threads.h"
#include "data/image/formats.h"

namespace alexnet {
namespace {

using std::chrono_literals::operator""ms;

// Exact, so that the order of the additions does not matter.
struct Moments {
  std::uint64_t pixels = 0;
  std::array<std::uint64_t, 3> sums{};
  std::array<std::uint64_t, 3> squares{};

  void add(const Image& image) {
    const auto channels = static_cast<std::size_t>(image.channels);
    for (std::size_t i = 0; i < image.pixels.size(); i += channels) {
      for (std::size_t c = 0; c < channels; ++c) {
        const std::uint64_t value = image.pixels[i + c];
        sums[c] += value;
        squares[c] += value * value;
      }
    }
    pixels += image.pixels.size() / channels;
  }

  void add(const Moments& other) {
    pixels += other.pixels;
    for (std::size_t c = 0; c < sums.size(); ++c) {
      sums[c] += other.sums[c];
      squares[c] += other.squares[c];
    }
  }

  ChannelStatistics statistics(int channels) const {
    ChannelStatistics result;
    if (pixels == 0) return result;
    constexpr double kWhite = 255.0;
    for (std::size_t c = 0; c < static_cast<std::size_t>(channels); ++c) {
      const auto n = static_cast<double>(pixels);
      const double mean = static_cast<double>(sums[c]) / n;
      const double variance = std::max(static_cast<double>(squares[c]) / n - mean * mean, 0.0);
      result.mean.push_back(mean / kWhite);
      result.deviation.push_back(std::sqrt(variance) / kWhite);
    }
    return result;
  }
};

bool is_misnamed(const StoredSample& sample) {
  const std::string extension = std::filesystem::path(sample.name).extension();
  const ImageFormat* named = find_format_of_extension(extension);
  const ImageFormat* found = find_image_format(sample.file);
  return named != nullptr && found != nullptr && named != found;
}

// One thread's share.
class Surveyor {
 public:
  Surveyor(const Dataset& dataset, Survey& survey) : dataset_(dataset), survey_(survey) {}

  void look_at(std::size_t index) {
    try {
      read(index);
    } catch (const ImageError& error) {
      list(index, error.problem());
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::unsupported) throw;  // no fault of the image
      list(index, fmt::format("cannot be had: {}", error.what()));
    }
  }

  Moments moments;
  std::vector<BadImage> bad;

 private:
  void read(std::size_t index) {
    dataset_.read(index, stored_);
    SurveyedSample& result = survey_.samples[index];
    result.label = stored_.label;
    result.content = content_hash(stored_);
    result.misnamed = stored_.is_file && is_misnamed(stored_);
    if (stored_.is_file) {
      stored_.image =
          decode_image(stored_.file, {.channels = dataset_.channels(), .source = stored_.name});
    }
    result.width = stored_.image.width;
    result.height = stored_.image.height;
    moments.add(stored_.image);
  }

  void list(std::size_t index, std::string problem) {
    bad.push_back({static_cast<std::uint32_t>(index), dataset_.name(index), std::move(problem),
                   dataset_.key(index)});
  }

  const Dataset& dataset_;
  Survey& survey_;
  StoredSample stored_;
};

// Hands out the samples and keeps the first error.
class Queue {
 public:
  explicit Queue(std::size_t size) : size_(size) {}

  void work(Surveyor& surveyor) {
    parallel::run_at_all_places();
    try {
      for (std::size_t i = next_++; i < size_; i = next_++) {
        surveyor.look_at(i);
        ++done_;
      }
    } catch (...) {
      const std::scoped_lock lock(mutex_);
      if (!error_) error_ = std::current_exception();
      next_ = size_;
    }
    ++finished_;
  }

  std::size_t done() const { return done_; }
  std::size_t finished() const { return finished_; }
  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  std::size_t size_;
  std::atomic<std::size_t> next_ = 0;
  std::atomic<std::size_t> done_ = 0;
  std::atomic<std::size_t> finished_ = 0;
  std::mutex mutex_;
  std::exception_ptr error_;
};

}  // namespace

Survey survey(const Dataset& dataset, int threads,
              const std::function<void(std::size_t)>& progress) {
  Survey result;
  result.samples.resize(dataset.size());
  const auto team = static_cast<std::size_t>(threads > 0 ? threads : available_threads());
  std::vector<Surveyor> surveyors(team, Surveyor(dataset, result));
  Queue queue(dataset.size());
  {
    std::vector<std::jthread> workers;
    workers.reserve(team);
    for (Surveyor& surveyor : surveyors) {
      workers.emplace_back([&queue, &surveyor] { queue.work(surveyor); });
    }
    while (queue.finished() < team) {
      progress(queue.done());
      std::this_thread::sleep_for(20ms);
    }
  }
  queue.rethrow();
  Moments total;
  for (const Surveyor& surveyor : surveyors) {
    total.add(surveyor.moments);
    result.bad.insert(result.bad.end(), surveyor.bad.begin(), surveyor.bad.end());
  }
  std::ranges::sort(result.bad, {}, &BadImage::index);
  result.channels = total.statistics(dataset.channels());
  return result;
}

}  // namespace alexnet

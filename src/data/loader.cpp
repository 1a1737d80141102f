#include <alexnet/error.h>
#include <alexnet/loader.h>
#include <alexnet/random.h>
#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <numeric>
#include <stop_token>
#include <thread>
#include <utility>

#include "data/input_maker.h"

namespace alexnet {
namespace {

void check(const Dataset& dataset, const LoaderOptions& options) {
  if (dataset.size() == 0) throw Error("the data set is empty");
  if (options.batch_size < 1 || options.workers < 1) {
    throw Error(fmt::format("a loader needs a batch size and workers of at least 1, not {} and {}",
                            options.batch_size, options.workers));
  }
  if (options.drop_last && dataset.size() < static_cast<std::size_t>(options.batch_size)) {
    throw Error(fmt::format("{} samples do not fill one batch of {}; use smaller batches",
                            dataset.size(), options.batch_size));
  }
}

std::vector<std::uint32_t> epoch_order(std::size_t size, const LoaderOptions& options,
                                       std::uint32_t epoch) {
  const auto count = static_cast<std::uint32_t>(size);
  if (options.shuffle) {
    return random_order(count, {.seed = options.seed, .purpose = Purpose::order, .major = epoch});
  }
  std::vector<std::uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0U);
  return order;
}

// What a thread keeps from one sample to the next.
struct Worker {
  InputMaker maker;
  StoredSample sample;

  explicit Worker(const LoaderOptions& options)
      : maker({options.preprocess, options.augmentation, options.fast_decode}) {}
};

}  // namespace

Images Batch::images() const {
  return Images::from_bytes(pixels, count, channels, size, size);
}

// A ring of batches: batch b lives in slot b % slots. Workers claim batches in order and fill them
// side by side; a slot is claimed again when its batch has been used.
class Loader::Workers {
 public:
  Workers(DatasetPtr dataset, const LoaderOptions& options)
      : dataset_(std::move(dataset)), options_(options) {
    check(*dataset_, options_);
    slots_.resize(2 * static_cast<std::size_t>(options_.workers) + 1);
    used_ = served_ = claimed_ = batches();
  }

  std::size_t samples() const {
    return options_.drop_last ? dataset_->size() / batch_size() * batch_size() : dataset_->size();
  }
  std::size_t batches() const { return (samples() + batch_size() - 1) / batch_size(); }

  void start(std::uint32_t epoch, std::size_t first_batch) {
    threads_.clear();  // asks them to stop and waits
    order_ = epoch_order(dataset_->size(), options_, epoch);
    epoch_ = epoch;
    used_ = served_ = claimed_ = first_batch;
    for (Slot& slot : slots_) {
      slot.ready = false;
      slot.error = nullptr;
    }
    for (int i = 0; i < options_.workers; ++i) {
      threads_.emplace_back([this](const std::stop_token& stop) { work(stop); });
    }
  }

  const Batch* next() {
    std::unique_lock lock(mutex_);
    if (used_ < served_) {
      slot_of(used_++).ready = false;
      slot_free_.notify_one();
    }
    if (served_ == batches()) return nullptr;
    Slot& slot = slot_of(served_);
    batch_ready_.wait(lock, [&slot] { return slot.ready; });
    ++served_;
    if (slot.error) std::rethrow_exception(std::exchange(slot.error, nullptr));
    remember(slot.batch.bad);
    return &slot.batch;
  }

  const std::vector<BadImage>& bad_images() const { return bad_images_; }

 private:
  struct Slot {
    Batch batch;
    std::exception_ptr error;
    bool ready = false;
  };

  std::size_t batch_size() const { return static_cast<std::size_t>(options_.batch_size); }
  Slot& slot_of(std::size_t batch) { return slots_[batch % slots_.size()]; }

  void remember(const std::vector<BadImage>& met) {
    for (const BadImage& image : met) {
      if (std::ranges::find(bad_images_, image.index, &BadImage::index) == bad_images_.end()) {
        bad_images_.push_back(image);
      }
    }
  }

  void work(const std::stop_token& stop) {
    Worker worker(options_);
    while (!stop.stop_requested()) {
      std::unique_lock lock(mutex_);
      const auto can_claim = [this] {
        return claimed_ == batches() || claimed_ < used_ + slots_.size();
      };
      if (!slot_free_.wait(lock, stop, can_claim) || claimed_ == batches()) return;
      const std::size_t batch = claimed_++;
      Slot& slot = slot_of(batch);
      lock.unlock();
      try {
        fill(slot.batch, batch, worker, stop);
      } catch (...) {
        slot.error = std::current_exception();
      }
      lock.lock();
      slot.ready = true;
      batch_ready_.notify_one();
    }
  }

  void fill(Batch& batch, std::size_t number, Worker& worker, const std::stop_token& stop) const {
    const std::size_t first = number * batch_size();
    const std::size_t count = std::min(batch_size(), samples() - first);
    const auto side = static_cast<std::size_t>(options_.preprocess.crop);
    const std::size_t bytes = side * side * static_cast<std::size_t>(options_.preprocess.channels);
    batch.channels = options_.preprocess.channels;
    batch.size = options_.preprocess.crop;
    batch.pixels.resize(count * bytes);
    batch.labels.clear();
    batch.indices.clear();
    batch.bad.clear();
    for (std::size_t i = first; i < first + count; ++i) {
      if (stop.stop_requested()) return;
      add(batch, order_[i], worker, batch.pixels.data() + batch.labels.size() * bytes);
    }
    batch.count = static_cast<int>(batch.labels.size());
    batch.pixels.resize(batch.labels.size() * bytes);
  }

  // The sample or what stands in for it, if anything does. The draws are the sample's in any case.
  void add(Batch& batch, std::uint32_t index, Worker& worker, std::uint8_t* target) const {
    constexpr std::size_t kMostInARow = 1000;
    const RandomKey key{
        .seed = options_.seed, .purpose = Purpose::augmentation, .major = epoch_, .minor = index};
    const std::size_t candidates =
        options_.drop_last ? std::min(dataset_->size(), kMostInARow) : std::size_t{1};
    for (std::size_t i = 0; i < candidates; ++i) {
      const auto candidate = static_cast<std::uint32_t>((index + i) % dataset_->size());
      try {
        dataset_->read(candidate, worker.sample);
        worker.maker.make(worker.sample, key, target);
        batch.labels.push_back(worker.sample.label);
        batch.indices.push_back(candidate);
        return;
      } catch (const ImageError& error) {
        if (options_.on_bad_image == OnBadImage::stop) throw;
        batch.bad.push_back({candidate, dataset_->name(candidate), error.problem()});
      }
    }
    if (options_.drop_last) {
      throw Error(fmt::format("{} images in a row cannot be decoded, from {} on", candidates,
                              dataset_->name(index)));
    }
  }

  DatasetPtr dataset_;
  LoaderOptions options_;
  std::vector<std::uint32_t> order_;
  std::uint32_t epoch_ = 0;

  std::mutex
      mutex_;  // guards what follows; a slot's batch and error belong to its worker until ready
  std::condition_variable_any slot_free_;
  std::condition_variable batch_ready_;
  std::vector<Slot> slots_;
  std::vector<BadImage> bad_images_;
  std::size_t claimed_ = 0;  // batches before these numbers are claimed by a worker,
  std::size_t served_ = 0;   // returned by next,
  std::size_t used_ = 0;     // and given back

  std::vector<std::jthread> threads_;  // the last member: they stop before anything else goes
};

Loader::Loader(DatasetPtr dataset, const LoaderOptions& options)
    : workers_(std::make_unique<Workers>(std::move(dataset), options)) {}
Loader::~Loader() = default;
Loader::Loader(Loader&&) noexcept = default;
Loader& Loader::operator=(Loader&&) noexcept = default;

int Loader::batches_per_epoch() const {
  return static_cast<int>(workers_->batches());
}
std::size_t Loader::samples_per_epoch() const {
  return workers_->samples();
}

void Loader::start(std::uint32_t epoch, int first_batch) {
  if (first_batch < 0 || first_batch > batches_per_epoch()) {
    throw Error(
        fmt::format("there is no batch {} in an epoch of {}", first_batch, batches_per_epoch()));
  }
  workers_->start(epoch, static_cast<std::size_t>(first_batch));
}

const Batch* Loader::next() {
  const Batch* batch = workers_->next();
  while (batch != nullptr && batch->count == 0) batch = workers_->next();  // all of it was bad
  return batch;
}

const std::vector<BadImage>& Loader::bad_images() const {
  return workers_->bad_images();
}

}  // namespace alexnet

#include <alexnet/error.h>
#include <alexnet/loader.h>
#include <alexnet/random.h>
#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <numeric>
#include <span>
#include <stop_token>
#include <thread>
#include <unordered_set>
#include <utility>

#include "core/places.h"
#include "core/team.h"
#include "data/loading/batch_maker.h"

namespace alexnet {
namespace {

void check(const Dataset& dataset, const LoaderOptions& options) {
  if (dataset.size() == 0) throw Error("the data set is empty");
  if (options.batch_size < 1 || options.workers < 1) {
    throw Error(fmt::format("a loader needs a batch size and workers of at least 1, not {} and {}",
                            options.batch_size, options.workers));
  }
  for (const Rank& rank : {options.rank, options.batches}) {
    if (rank.count < 1 || rank.index < 0 || rank.index >= rank.count) {
      throw Error(fmt::format("there is no rank {} of {}", rank.index, rank.count));
    }
  }
  const auto& [begin, end, parts] = options.share;
  if (begin < 0 || end <= begin || end > parts || parts > options.batch_size) {
    throw Error(fmt::format("there are no parts {} to {} of {} of a batch of {}", begin, end, parts,
                            options.batch_size));
  }
  const std::size_t share = dataset.size() / static_cast<std::size_t>(options.rank.count);
  if (options.drop_last && share < static_cast<std::size_t>(options.batch_size)) {
    throw Error(fmt::format("{} samples do not fill one batch of {}; use smaller batches", share,
                            options.batch_size));
  }
}

std::vector<std::uint32_t> whole_order(const Dataset& dataset, const LoaderOptions& options,
                                       const RandomKey& key) {
  const auto count = static_cast<std::uint32_t>(dataset.size());
  if (options.shuffle) return random_order(count, key);
  std::vector<std::uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0U);
  return order;
}

// The rank's part.
std::vector<std::uint32_t> epoch_order(const Dataset& dataset, const LoaderOptions& options,
                                       std::uint32_t epoch) {
  const RandomKey key{.seed = options.seed, .purpose = Purpose::order, .major = epoch};
  if (options.shuffle) {
    if (auto order = dataset.stream_order(key, options.rank)) return std::move(*order);
  }
  std::vector<std::uint32_t> order = whole_order(dataset, options, key);
  const auto share =
      static_cast<std::ptrdiff_t>(order.size() / static_cast<std::size_t>(options.rank.count));
  order.erase(order.begin(), order.begin() + share * options.rank.index);
  order.resize(static_cast<std::size_t>(share));
  return order;
}

// Of a batch of `count` samples.
parallel::Range share_of(const BatchShare& share, std::size_t count) {
  const auto part = [&](int number) {
    return parallel::part_of({0, count}, static_cast<std::size_t>(number),
                             static_cast<std::size_t>(share.parts), 1);
  };
  return {part(share.begin).begin, part(share.end - 1).end};
}

}  // namespace

Images Batch::images() const {
  Images images = Images::from_bytes(
      pixels, {.count = count, .channels = channels, .height = size.height, .width = size.width});
  images.placements = placements;
  return images;
}

// A ring of batches: batch b lives in slot b % slots. Workers claim batches in order and fill them
// side by side; a slot is claimed again when its batch has been used.
class Loader::Workers {
 public:
  Workers(DatasetPtr dataset, LoaderOptions options)
      : dataset_(std::move(dataset)), options_(std::move(options)) {
    check(*dataset_, options_);
    slots_.resize(2 * static_cast<std::size_t>(options_.workers) + 1);
    used_ = served_ = claimed_ = batches();
  }

  std::size_t samples() const {
    const std::size_t share = dataset_->size() / static_cast<std::size_t>(options_.rank.count);
    return options_.drop_last ? share / batch_size() * batch_size() : share;
  }
  // This loader's.
  std::size_t batches() const {
    const std::size_t all = (samples() + batch_size() - 1) / batch_size();
    return (all + turns() - 1 - turn()) / turns();
  }

  void start(std::uint32_t epoch, std::size_t first_batch) {
    threads_.clear();  // asks them to stop and waits
    order_ = epoch_order(*dataset_, options_, epoch);
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

  std::size_t turn() const { return static_cast<std::size_t>(options_.batches.index); }
  std::size_t turns() const { return static_cast<std::size_t>(options_.batches.count); }
  std::size_t batch_size() const { return static_cast<std::size_t>(options_.batch_size); }
  Slot& slot_of(std::size_t batch) { return slots_[batch % slots_.size()]; }

  void remember(const std::vector<BadImage>& met) {
    for (const BadImage& image : met) {
      if (known_bad_.insert(image.index).second) bad_images_.push_back(image);
    }
  }

  void work(const std::stop_token& stop) {
    parallel::run_at_all_places();
    BatchMaker maker(*dataset_, options_);
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
        fill(slot.batch, batch, maker, stop);
      } catch (...) {
        slot.error = std::current_exception();
      }
      lock.lock();
      slot.ready = true;
      batch_ready_.notify_one();
    }
  }

  void fill(Batch& batch, std::size_t number, BatchMaker& maker,
            const std::stop_token& stop) const {
    const std::size_t first = (number * turns() + turn()) * batch_size();
    const std::size_t count = std::min(batch_size(), samples() - first);
    const auto [begin, end] = share_of(options_.share, count);
    maker.make(std::span(order_).subspan(first + begin, end - begin), epoch_, stop, batch);
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
  std::unordered_set<std::uint32_t> known_bad_;
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

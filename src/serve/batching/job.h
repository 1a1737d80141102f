#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "serve/batching/served_model.h"
#include "serve/http/cancellation.h"

namespace alexnet::serve {

enum class InputKind {
  bytes,   ///< (N, H, W, C), 0 … 255
  floats,  ///< (N, C, H, W), normalised
};

struct JobResult {
  std::exception_ptr error;              ///< null: the job succeeded
  std::vector<float> log_probabilities;  ///< (count, classes)
  std::vector<float> logits;             ///< (count, classes)
  double queue_seconds = 0;              ///< until the first image was computed
  double compute_seconds = 0;            ///< of all batches with images of the job
};

/// The images of one request.
struct Job {
  std::shared_ptr<ServedModel> model;
  InputKind kind = InputKind::bytes;
  int count = 0;
  std::span<const std::byte> images;  ///< as `kind` says, one after the other
  std::shared_ptr<const void> owner;  ///< keeps `images` alive
  Cancellation cancellation;
  std::function<void(JobResult)> done;  ///< on the executor's thread: must be quick
};

/// Other work that must run on the executor's thread, alone.
struct Task {
  std::shared_ptr<ServedModel> model;
  Cancellation cancellation;
  std::function<void()> run;
  std::function<void()> cancelled;  ///< instead of `run`; both must not throw
};

}  // namespace alexnet::serve

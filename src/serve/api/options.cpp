#include "serve/api/options.h"

#include <alexnet/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "core/threads.h"

namespace alexnet::serve {

int default_decoders() {
  constexpr int kFewest = 2;
  return std::max(kFewest, available_threads() / 4);
}

void check_options(const ServerOptions& options) {
  const ExecutorOptions& batching = options.batching;
  if (batching.max_wait >= options.http.timeout) {
    using Milliseconds = std::chrono::duration<double, std::milli>;
    throw Error(fmt::format(
        "an image would wait for its batch (--max-wait-ms {}) as long as its "
        "request may take (--timeout, here {} ms); choose a shorter wait",
        Milliseconds(batching.max_wait).count(), Milliseconds(options.http.timeout).count()));
  }
  if (batching.max_queue < batching.max_batch) {
    throw Error(
        fmt::format("a batch of {} images (--max-batch) is never full where {} may wait "
                    "(--max-queue); choose a smaller batch or a longer queue",
                    batching.max_batch, batching.max_queue));
  }
}

}  // namespace alexnet::serve

#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace alexnet::events {
class Event;
}

namespace alexnet {

/// CRC-32C (Castagnoli), as RFC 3720 defines it.
std::uint32_t crc32c(std::string_view bytes);

/// A file that TensorBoard shows: numbers over steps. It is a row of TFRecords, each a message of
/// events.proto between its length and check sums. TensorBoard reads it while it grows.
class EventFile {
 public:
  struct Scalar {
    std::string tag;  ///< "training/loss"
    double value = 0;
  };

  /// Makes a new file in `folder` for a run that continues from `step` (0: a new one). What earlier
  /// files hold of later steps is declared void. Throws Error.
  EventFile(const std::filesystem::path& folder, std::int64_t step);
  ~EventFile();
  EventFile(const EventFile&) = delete;
  EventFile& operator=(const EventFile&) = delete;

  /// Throws Error (no space, …).
  void write(std::int64_t step, const std::vector<Scalar>& scalars);

 private:
  void write(events::Event& event);

  std::filesystem::path path_;
  int descriptor_ = -1;
};

}  // namespace alexnet

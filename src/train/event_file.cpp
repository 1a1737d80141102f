#include "train/event_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cerrno>
#include <chrono>

#include "core/system_error.h"
#include "train/events.pb.h"

namespace alexnet {
namespace {

constexpr std::array<std::uint32_t, 256> make_crc_table() {
  constexpr std::uint32_t kPolynomial = 0x82F63B78;
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
    std::uint32_t remainder = byte;
    for (int bit = 0; bit < 8; ++bit) {
      remainder = (remainder >> 1) ^ ((remainder & 1) != 0 ? kPolynomial : 0);
    }
    table[byte] = remainder;
  }
  return table;
}

constexpr std::array<std::uint32_t, 256> kCrcTable = make_crc_table();

template <class Number>
void append(std::string& bytes, Number number) {
  for (std::size_t i = 0; i < sizeof(number); ++i) {
    bytes += static_cast<char>(number >> (8 * i) & 0xFF);
  }
}

// TFRecord stores check sums rotated and with an offset, so that sums of sums stay good.
void append_masked_crc(std::string& bytes, std::string_view of) {
  constexpr std::uint32_t kOffset = 0xA282EAD8;
  const std::uint32_t crc = crc32c(of);
  append(bytes, std::rotr(crc, 15) + kOffset);
}

// The length and its check sum, the message and its check sum.
std::string record(const std::string& message) {
  std::string bytes;
  append(bytes, static_cast<std::uint64_t>(message.size()));
  append_masked_crc(bytes, bytes);
  bytes += message;
  append_masked_crc(bytes, message);
  return bytes;
}

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
  std::uint32_t crc = ~std::uint32_t{0};
  for (const char c : bytes) {
    crc = kCrcTable[(crc ^ static_cast<unsigned char>(c)) & 0xFF] ^ (crc >> 8);
  }
  return ~crc;
}

EventFile::EventFile(const std::filesystem::path& folder, std::int64_t step) {
  // Readers go by the order of the names, so a run that goes on at once needs a later one.
  auto seconds = static_cast<std::int64_t>(now());
  do {
    path_ = folder / fmt::format("events.out.tfevents.{}.alexnet", seconds++);
    descriptor_ = open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644);
  } while (descriptor_ < 0 && errno == EEXIST);
  if (descriptor_ < 0) {
    throw system_error(fmt::format("cannot write {}", path_.string()), last_error());
  }
  events::Event version;
  version.set_file_version("brain.Event:2");
  write(version);
  events::Event start;
  start.set_step(step + 1);
  start.mutable_session_log()->set_status(events::SessionLog::START);
  write(start);
}

EventFile::~EventFile() {
  close(descriptor_);
}

void EventFile::write(std::int64_t step, const std::vector<Scalar>& scalars) {
  events::Event event;
  event.set_step(step);
  for (const Scalar& scalar : scalars) {
    events::Summary::Value& value = *event.mutable_summary()->add_value();
    value.set_tag(scalar.tag);
    value.set_simple_value(static_cast<float>(scalar.value));
  }
  write(event);
}

void EventFile::write(events::Event& event) {
  event.set_wall_time(now());
  const std::string bytes = record(event.SerializeAsString());
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const ssize_t written = ::write(descriptor_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      throw system_error(fmt::format("cannot write {}", path_.string()), last_error());
    }
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace alexnet

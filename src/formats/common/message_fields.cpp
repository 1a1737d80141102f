#include "formats/common/message_fields.h"

#include <alexnet/error.h>
#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include <cstdint>

namespace alexnet {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

constexpr int kMostFields = 100'000;
constexpr int kDeepest = 32;

/// Walks over the fields without keeping any.
class FieldCounter {
 public:
  FieldCounter(std::span<const std::byte> file, std::string_view format, std::string_view source)
      : stream_(reinterpret_cast<const std::uint8_t*>(file.data()), static_cast<int>(file.size())),
        format_(format),
        source_(source) {}

  void count(const Descriptor& type, int depth = 0) {
    if (depth > kDeepest) {
      refuse(
          fmt::format("its messages are nested more than {} deep; a network's are not", kDeepest));
    }
    while (const std::uint32_t tag = stream_.ReadTag()) {
      if (++fields_ > kMostFields) {
        refuse(
            fmt::format("it has more than {} fields; an AlexNet has some hundreds", kMostFields));
      }
      const FieldDescriptor* field = type.FindFieldByNumber(WireFormatLite::GetTagFieldNumber(tag));
      const auto wire = WireFormatLite::GetTagWireType(tag);
      const Descriptor* inner = field == nullptr ? nullptr : field->message_type();
      if (wire == WireFormatLite::WIRETYPE_LENGTH_DELIMITED && inner != nullptr) {
        count_inside(*inner, depth);
      } else if (wire == WireFormatLite::WIRETYPE_START_GROUP ||
                 !WireFormatLite::SkipField(&stream_, tag)) {
        refuse_damaged();
      }
    }
    if (!stream_.ConsumedEntireMessage()) refuse_damaged();
  }

 private:
  void count_inside(const Descriptor& type, int depth) {
    int size = 0;
    if (!stream_.ReadVarintSizeAsInt(&size)) refuse_damaged();
    const CodedInputStream::Limit outer = stream_.PushLimit(size);
    count(type, depth + 1);
    stream_.PopLimit(outer);
  }

  [[noreturn]] void refuse(std::string_view why) const {
    throw Error(fmt::format("{}: {}", source_, why));
  }
  [[noreturn]] void refuse_damaged() const {
    refuse(fmt::format("not of the format {}, or cut short or damaged", format_));
  }

  CodedInputStream stream_;
  std::string_view format_;
  std::string_view source_;
  int fields_ = 0;
};

}  // namespace

void check_message_fields(std::span<const std::byte> file, const google::protobuf::Descriptor& type,
                          std::string_view format, std::string_view source) {
  FieldCounter(file, format, source).count(type);
}

}  // namespace alexnet

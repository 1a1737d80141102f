#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <vector>

#include "formats/pytorch/error.h"
#include "formats/pytorch/file.h"
#include "formats/pytorch/objects.h"
#include "formats/pytorch/zip_reader.h"

namespace alexnet {
namespace {

constexpr std::string_view kPickleName = "/data.pkl";

using Entries = std::vector<ZipEntry>;

// The folder that everything is in: "archive", or the file's first name.
std::string find_folder(const Entries& entries, std::string_view source) {
  std::vector<std::string> folders;
  for (const ZipEntry& entry : entries) {
    if (entry.name.find('/') == entry.name.size() - kPickleName.size() &&
        entry.name.ends_with(kPickleName)) {
      folders.push_back(entry.name.substr(0, entry.name.find('/') + 1));
    }
  }
  if (folders.size() != 1) {
    refuse_pytorch_kind(
        source, fmt::format("it is a zip, but not as torch.save or torch.jit.save write one: it "
                            "has {} files NAME/data.pkl where there should be one",
                            folders.size()));
  }
  return folders.front();
}

std::span<std::byte> stored(const ZipEntry& entry, std::string_view source) {
  if (!entry.is_stored) {
    refuse_pytorch_kind(
        source, fmt::format("zip entry '{}' is compressed or encrypted, which torch.save does not "
                            "do; load it and save it again with PyTorch",
                            printable(entry.name)));
  }
  return entry.bytes;
}

// torch.serialization.set_crc32_options(False) leaves the checksums away, as 0.
std::span<std::byte> checked(const ZipEntry& entry, std::string_view source) {
  const std::span<std::byte> bytes = stored(entry, source);
  const auto checksum =
      crc32_z(0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  if (entry.checksum != 0 && checksum != entry.checksum) {
    refuse_pytorch(source, fmt::format("the checksum of zip entry '{}' is {:08x}, not {:08x}",
                                       printable(entry.name), checksum, entry.checksum));
  }
  return bytes;
}

// Files from before torch 2.1 do not say; they are little-endian on all but old mainframes.
void check_byte_order(const Entries& entries, const std::string& folder, std::string_view source) {
  const auto found = std::ranges::find(entries, folder + "byteorder", &ZipEntry::name);
  if (found == entries.end()) return;
  const std::span<std::byte> bytes = checked(*found, source);
  const std::string_view order(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (order != "little") {
    refuse_pytorch_kind(source,
                        fmt::format("its byte order is '{}'; only 'little' can be read, so save it "
                                    "again on a little-endian machine",
                                    printable(order)));
  }
}

}  // namespace

PytorchFile parse_pytorch_zip(std::span<std::byte> file, std::string_view source) {
  const Entries entries = read_zip_directory(file, source);
  const std::string folder = find_folder(entries, source);
  check_byte_order(entries, folder, source);
  const auto pickle =
      std::ranges::find(entries, folder + std::string(kPickleName.substr(1)), &ZipEntry::name);
  PytorchFile result{.pickle = parse_pytorch_pickle(checked(*pickle, source), source)};
  const std::string data = folder + "data/";
  for (const ZipEntry& entry : entries) {
    if (!entry.name.starts_with(data)) continue;
    result.storages.emplace(entry.name.substr(data.size()), stored(entry, source));
  }
  return result;
}

}  // namespace alexnet

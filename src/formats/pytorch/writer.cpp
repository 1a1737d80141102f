#include <alexnet/pytorch.h>
#include <fmt/format.h>

#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>

#include "core/file.h"
#include "formats/common/named_view.h"
#include "formats/pytorch/zip_writer.h"

namespace alexnet {
namespace {

static_assert(std::endian::native == std::endian::little, "the format stores the little end first");

// A pickle of protocol 2, in the opcodes that torch.load(weights_only=True) takes.
class PickleWriter {
 public:
  void op(char opcode) { text_ += opcode; }

  void global(std::string_view module, std::string_view name) {
    text_ += fmt::format("c{}\n{}\n", module, name);
  }

  void text(std::string_view value) {
    op('X');
    number(static_cast<std::uint32_t>(value.size()));
    text_ += value;
  }

  void integer(std::int64_t value) {
    if (value >= 0 && value <= std::numeric_limits<std::int32_t>::max()) {
      op('J');
      number(static_cast<std::int32_t>(value));
    } else {
      op('\x8a');
      op(static_cast<char>(sizeof value));
      number(value);
    }
  }

  void tuple(const std::vector<std::int64_t>& values) {
    op('(');
    for (const std::int64_t value : values) integer(value);
    op('t');
  }

  void empty_ordered_dict() {
    global("collections", "OrderedDict");
    op(')');
    op('R');
  }

  const std::string& bytes() const { return text_; }

 private:
  template <class Number>
  void number(Number value) {
    std::string bytes(sizeof value, '\0');
    std::memcpy(bytes.data(), &value, sizeof value);
    text_ += bytes;
  }

  std::string text_ = "\x80\x02";
};

// A tensor without elements has none to step over.
std::vector<std::int64_t> row_major_strides(const TensorView& tensor) {
  std::vector<std::int64_t> strides(tensor.shape.size(), 1);
  if (tensor.values.empty()) return strides;
  for (std::size_t axis = strides.size(); axis-- > 1;) {
    strides[axis - 1] = strides[axis] * tensor.shape[axis];
  }
  return strides;
}

void write_storage(PickleWriter& pickle, std::string_view key, std::int64_t elements) {
  pickle.op('(');
  pickle.text("storage");
  pickle.global("torch", "FloatStorage");
  pickle.text(key);
  pickle.text("cpu");
  pickle.integer(elements);
  pickle.op('t');
  pickle.op('Q');
}

// torch._utils._rebuild_tensor_v2(storage, offset, size, stride, requires_grad, backward_hooks)
void write_tensor(PickleWriter& pickle, const NamedView& entry, std::string_view key) {
  pickle.global("torch._utils", "_rebuild_tensor_v2");
  pickle.op('(');
  write_storage(pickle, key, static_cast<std::int64_t>(entry.tensor.values.size()));
  pickle.integer(0);
  pickle.tuple(entry.tensor.shape);
  pickle.tuple(row_major_strides(entry.tensor));
  pickle.op('\x89');
  pickle.empty_ordered_dict();
  pickle.op('t');
  pickle.op('R');
}

std::string state_dict_pickle(const std::vector<NamedView>& tensors) {
  PickleWriter pickle;
  pickle.empty_ordered_dict();
  pickle.op('(');
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    pickle.text(tensors[i].name);
    write_tensor(pickle, tensors[i], std::to_string(i));
  }
  pickle.op('u');
  pickle.op('.');
  return pickle.bytes();
}

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

}  // namespace

void write_pytorch(const std::filesystem::path& path, const std::vector<NamedView>& tensors) {
  check_writable(tensors, "PyTorch");
  AtomicFile file(path);
  ZipWriter zip(file);
  zip.add("archive/data.pkl", bytes_of(state_dict_pickle(tensors)));
  zip.add("archive/byteorder", bytes_of("little"));
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    zip.add(fmt::format("archive/data/{}", i), std::as_bytes(tensors[i].tensor.values));
  }
  zip.add("archive/version", bytes_of("3\n"));
  zip.finish();
  file.commit();
}

}  // namespace alexnet

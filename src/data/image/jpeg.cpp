#include "data/image/jpeg.h"

#include <cstdio>  // jpeglib.h needs FILE

#include <jpeglib.h>

#include <jerror.h>  // its numbers depend on jpeglib.h's configuration

#include <algorithm>
#include <array>
#include <csetjmp>
#include <new>
#include <utility>
#include <vector>

#include "data/image/channels.h"
#include "data/image/codec.h"
#include "data/image/exif.h"
#include "data/simd/mix.h"

namespace alexnet {
namespace {

constexpr int kExifMarker = JPEG_APP0 + 1;

// Upsampling looks at the neighbours of a chroma sample, which covers at most four pixels; at the
// edge of a crop it would take the edge of the image. So wide a margin hides that.
constexpr int kMargin = 8;

// Damage may claim any number of scans, each over the whole image.
constexpr int kMostScans = 500;

struct Warning {
  int code;
  bool loses_pixels;
};

// What libjpeg calls a warning, by whether pixels are missing or made up.
constexpr std::array kWarnings{
    Warning{JWRN_ADOBE_XFORM, false},       // an unknown code is read as the usual transform
    Warning{JWRN_BOGUS_ICC, false},         // colour profiles are not used
    Warning{JWRN_EXTRANEOUS_DATA, false},   // bytes between segments, behind whole ones
    Warning{JWRN_JFIF_MAJOR, false},        // the version of a header
    Warning{JWRN_NOT_SEQUENTIAL, false},    // of a scan that has to be whole: Samsung's cameras
    Warning{JWRN_ARITH_BAD_CODE, true},     // the rest of the segment is grey
    Warning{JWRN_BOGUS_PROGRESSION, true},  // a scan refines coefficients that no other began
    Warning{JWRN_HIT_MARKER, true},         // a segment ends before its last pixels
    Warning{JWRN_HUFF_BAD_CODE, true},      // zeros stand in for coefficients
    Warning{JWRN_JPEG_EOF, true},           // whether scans follow cannot be told without an end
    Warning{JWRN_MUST_RESYNC, true},        // a restart marker, and what is before it, is missing
    Warning{JWRN_TOO_MUCH_DATA, true},      // rows that the image does not have
};

bool loses_pixels(int code) {
  const auto* warning = std::ranges::find(kWarnings, code, &Warning::code);
  return warning == kWarnings.end() || warning->loses_pixels;
}

J_COLOR_SPACE output_space(J_COLOR_SPACE stored) {
  switch (stored) {
    case JCS_GRAYSCALE:
      return JCS_GRAYSCALE;
    case JCS_CMYK:
    case JCS_YCCK:
      return JCS_CMYK;
    default:
      return JCS_RGB;
  }
}

// Inks are stored inverted: Adobe's way, which Pillow assumes too. In place.
void cmyk_to_rgb(std::uint8_t* row, std::size_t pixels) {
  for (std::size_t i = 0; i < pixels; ++i) inverted_cmyk_to_rgb(row + 4 * i, row + 3 * i);
}

bool has_end(ByteView rest) {
  constexpr std::array<std::uint8_t, 2> kEnd{0xFF, JPEG_EOI};
  return std::find_end(rest.begin(), rest.end(), kEnd.begin(), kEnd.end()) != rest.end();
}

}  // namespace

// libjpeg reports by calling error_exit, which must not return. The calls into it sit in methods
// that have no objects to destroy, so that longjmp back into them is sound; they return false on
// failure.
class JpegReader::State {
 public:
  State() {
    info_.err = jpeg_std_error(&errors_);
    info_.client_data = this;
    errors_.error_exit = [](j_common_ptr info) { self(info).fail(info); };
    errors_.emit_message = [](j_common_ptr info, int level) {
      if (level < 0 && loses_pixels(info->err->msg_code)) self(info).fail(info);
    };
    progress_.progress_monitor = [](j_common_ptr info) {
      auto* decompress = reinterpret_cast<j_decompress_ptr>(info);
      if (decompress->input_scan_number > kMostScans) self(info).fail("too many scans");
    };
    created_ = create();
  }
  ~State() { jpeg_destroy_decompress(&info_); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  bool read_header(ByteView file) {
    if (!created_ || setjmp(jump_) != 0) return false;
    jpeg_abort_decompress(&info_);
    jpeg_mem_src(&info_, file.data(), file.size());
    jpeg_read_header(&info_, TRUE);
    info_.out_color_space = output_space(info_.jpeg_color_space);
    return true;
  }

  bool begin(const Rectangle& part, int reduction) {
    if (setjmp(jump_) != 0) return false;
    info_.scale_num = 1;
    info_.scale_denom = static_cast<unsigned>(reduction);
    jpeg_start_decompress(&info_);
    const auto left = static_cast<JDIMENSION>(part.left);
    const auto right = static_cast<JDIMENSION>(part.left + part.width + kMargin);
    JDIMENSION first = left > kMargin ? left - kMargin : 0;
    JDIMENSION width = std::min(right, info_.output_width) - first;
    if (width < info_.output_width && can_crop()) {
      jpeg_crop_scanline(&info_, &first, &width);
    } else {
      first = 0;
    }
    column = left - first;
    if (part.top > 0) jpeg_skip_scanlines(&info_, static_cast<JDIMENSION>(part.top));
    return true;
  }

  bool read_row(std::uint8_t* target) {
    if (setjmp(jump_) != 0) return false;
    jpeg_read_scanlines(&info_, &target, 1);
    return true;
  }

  bool finish() {
    if (setjmp(jump_) != 0) return false;
    if (info_.output_scanline == info_.output_height) {
      jpeg_finish_decompress(&info_);
      return true;
    }
    const bool whole = jpeg_has_multiple_scans(&info_) != FALSE ||
                       info_.unread_marker == JPEG_EOI ||
                       has_end({info_.src->next_input_byte, info_.src->bytes_in_buffer});
    if (!whole) WARNMS(&info_, JWRN_JPEG_EOF);
    return true;
  }

  const jpeg_decompress_struct& info() const { return info_; }
  [[noreturn]] void throw_failure() const {
    if (out_of_memory_) throw std::bad_alloc();
    throw_damaged(source, message_.data());
  }

  std::string_view source;
  std::vector<std::uint8_t> row;
  JDIMENSION column = 0;  // of a row, where the part begins

 private:
  static State& self(j_common_ptr info) { return *static_cast<State*>(info->client_data); }

  // libjpeg-turbo 2.1 cuts chroma of a quarter of the width off where it is scaled down less than
  // luma.
  bool can_crop() const { return info_.scale_denom == 1 || info_.max_h_samp_factor <= 2; }

  bool create() {
    if (setjmp(jump_) != 0) return false;
    jpeg_create_decompress(&info_);
    jpeg_save_markers(&info_, kExifMarker, 0xFFFF);
    info_.progress = &progress_;
    return true;
  }

  [[noreturn]] void fail(j_common_ptr info) {
    info->err->format_message(info, message_.data());
    out_of_memory_ = info->err->msg_code == JERR_OUT_OF_MEMORY;
    std::longjmp(jump_, 1);
  }
  [[noreturn]] void fail(std::string_view message) {
    *std::ranges::copy(message, message_.begin()).out = '\0';
    out_of_memory_ = false;
    std::longjmp(jump_, 1);
  }

  jpeg_decompress_struct info_{};
  jpeg_error_mgr errors_{};
  jpeg_progress_mgr progress_{};
  std::jmp_buf jump_{};
  std::array<char, JMSG_LENGTH_MAX> message_{};
  bool out_of_memory_ = false;
  bool created_ = false;
};

JpegReader::JpegReader() : state_(std::make_unique<State>()) {}
JpegReader::~JpegReader() = default;

void JpegReader::open(ByteView file, std::string_view source, std::int64_t max_pixels) {
  state_->source = source;
  if (!state_->read_header(file)) state_->throw_failure();
  check_image_size(width(), height(), max_pixels, source);
}

int JpegReader::height() const {
  return static_cast<int>(state_->info().image_height);
}
int JpegReader::width() const {
  return static_cast<int>(state_->info().image_width);
}
int JpegReader::channels() const {
  return state_->info().out_color_space == JCS_GRAYSCALE ? 1 : 3;
}

// Of several EXIF segments the first counts, of several XMP packets the last, as for Pillow.
int JpegReader::orientation() const {
  constexpr std::string_view kXmpHeader("http://ns.adobe.com/xap/1.0/\0", 29);
  ByteView exif;
  std::string_view xmp;
  for (auto marker = state_->info().marker_list; marker != nullptr; marker = marker->next) {
    const ByteView data(marker->data, marker->data_length);
    const std::string_view text(reinterpret_cast<const char*>(marker->data), marker->data_length);
    if (is_exif(data)) {
      if (exif.empty()) exif = data;
    } else if (text.starts_with(kXmpHeader)) {
      xmp = text.substr(kXmpHeader.size());
    }
  }
  return find_orientation(exif, xmp);
}

void JpegReader::begin(const Rectangle& part, int reduction) {
  if (!state_->begin(part, reduction)) {
    state_->throw_failure();
  }
  const jpeg_decompress_struct& info = state_->info();
  state_->row.resize(std::size_t{info.output_width} *
                         static_cast<std::size_t>(info.output_components) +
                     simd::kRowSlack);
}

const std::uint8_t* JpegReader::row() {
  std::uint8_t* const row = state_->row.data();
  if (!state_->read_row(row)) state_->throw_failure();
  const jpeg_decompress_struct& info = state_->info();
  if (info.out_color_space == JCS_CMYK) cmyk_to_rgb(row, info.output_width);
  return row + std::size_t{state_->column} * static_cast<std::size_t>(channels());
}

void JpegReader::row(std::uint8_t* target) {
  if (state_->info().out_color_space == JCS_CMYK) {
    std::copy_n(row(), 3 * std::size_t{state_->info().output_width}, target);
  } else if (!state_->read_row(target)) {
    state_->throw_failure();
  }
}

void JpegReader::finish() {
  if (!state_->finish()) state_->throw_failure();
}

StoredImage decode_jpeg(ByteView file, std::string_view source, std::int64_t max_pixels) {
  JpegReader reader;
  reader.open(file, source, max_pixels);
  Image image = blank_image(reader.height(), reader.width(), reader.channels());
  const std::size_t bytes =
      static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.channels);
  const int orientation = reader.orientation();
  reader.begin({0, 0, image.height, image.width});
  for (int y = 0; y < image.height; ++y) {
    reader.row(image.pixels.data() + static_cast<std::size_t>(y) * bytes);
  }
  reader.finish();
  return {std::move(image), orientation};
}

}  // namespace alexnet

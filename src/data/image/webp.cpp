#include <webp/decode.h>
#include <webp/demux.h>

#include <cstddef>
#include <memory>
#include <new>
#include <string_view>
#include <utility>

#include "data/image/codec.h"
#include "data/image/exif.h"

namespace alexnet {
namespace {

struct Close {
  void operator()(WebPDemuxer* demuxer) const { WebPDemuxDelete(demuxer); }
};

// The first frame, or the only one.
class Frame {
 public:
  explicit Frame(const WebPDemuxer* demuxer)
      : found_(WebPDemuxGetFrame(demuxer, 1, &frame_) != 0) {}
  ~Frame() { WebPDemuxReleaseIterator(&frame_); }
  Frame(const Frame&) = delete;
  Frame& operator=(const Frame&) = delete;

  bool fits(const Image& canvas) const {
    return found_ && frame_.x_offset >= 0 && frame_.y_offset >= 0 &&
           frame_.width <= canvas.width - frame_.x_offset &&
           frame_.height <= canvas.height - frame_.y_offset;
  }

  bool covers(const Image& canvas) const {
    return frame_.width == canvas.width && frame_.height == canvas.height;
  }

  VP8StatusCode decode(Image& canvas) const {
    const bool has_alpha = frame_.has_alpha != 0;
    const std::size_t channels = has_alpha ? 4 : 3;
    const std::size_t row = channels * static_cast<std::size_t>(canvas.width);
    const std::size_t begin = static_cast<std::size_t>(frame_.y_offset) * row +
                              channels * static_cast<std::size_t>(frame_.x_offset);
    if (has_alpha) canvas.pixels.assign(row * static_cast<std::size_t>(canvas.height), 0);
    WebPDecoderConfig config;
    if (WebPInitDecoderConfig(&config) == 0) return VP8_STATUS_INVALID_PARAM;
    config.output.colorspace = has_alpha ? MODE_RGBA : MODE_RGB;
    config.output.is_external_memory = 1;
    config.output.u.RGBA = {.rgba = canvas.pixels.data() + begin,
                            .stride = static_cast<int>(row),
                            .size = canvas.pixels.size() - begin};
    const VP8StatusCode status = WebPDecode(frame_.fragment.bytes, frame_.fragment.size, &config);
    if (has_alpha) canvas.transparent = drop_alpha(canvas.pixels, 3);
    return status;
  }

 private:
  WebPIterator frame_{};
  bool found_;
};

ByteView chunk(const WebPDemuxer* demuxer, const char* name) {
  WebPChunkIterator found{};
  const bool there = WebPDemuxGetChunk(demuxer, name, 1, &found) != 0;
  const ByteView data = there ? ByteView(found.chunk.bytes, found.chunk.size) : ByteView();
  WebPDemuxReleaseChunkIterator(&found);  // the bytes are the file's
  return data;
}

}  // namespace

StoredImage decode_webp(ByteView file, std::string_view source, std::int64_t max_pixels) {
  const WebPData data{file.data(), file.size()};
  const std::unique_ptr<WebPDemuxer, Close> demuxer(WebPDemux(&data));
  if (!demuxer) throw_damaged(source, "the WebP file is damaged or cut short");
  const std::uint32_t width = WebPDemuxGetI(demuxer.get(), WEBP_FF_CANVAS_WIDTH);
  const std::uint32_t height = WebPDemuxGetI(demuxer.get(), WEBP_FF_CANVAS_HEIGHT);
  check_image_size(width, height, max_pixels, source);
  const Frame frame(demuxer.get());
  Image image = blank_image(static_cast<int>(height), static_cast<int>(width), 3);
  if (!frame.fits(image)) throw_damaged(source, "the WebP file has no frame within its canvas");
  const VP8StatusCode status = frame.decode(image);
  if (status == VP8_STATUS_OUT_OF_MEMORY) throw std::bad_alloc();
  if (status != VP8_STATUS_OK) throw_damaged(source, "the WebP picture is damaged or cut short");
  const bool has_alpha =
      (WebPDemuxGetI(demuxer.get(), WEBP_FF_FORMAT_FLAGS) & std::uint32_t{ALPHA_FLAG}) != 0;
  image.transparent = image.transparent || (has_alpha && !frame.covers(image));
  const ByteView xmp = chunk(demuxer.get(), "XMP ");
  return {std::move(image),
          find_orientation(chunk(demuxer.get(), "EXIF"),
                           {reinterpret_cast<const char*>(xmp.data()), xmp.size()})};
}

}  // namespace alexnet

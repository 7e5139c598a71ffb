#include "ctl/files/line_reader.h"

#include <cstring>

namespace marquee::ctl {
namespace {

constexpr std::size_t kBufferBytes = 512 << 10;
constexpr std::size_t kPeekBytes = kMostRecordBytes;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

LineReader::LineReader(std::unique_ptr<ByteSource> source)
    : source_(std::move(source)), buffer_(kBufferBytes) {}

Result<std::string_view> LineReader::Peek() {
  while (end_ - next_ < kPeekBytes && !all_read_) {
    ASSIGN_OR_RETURN(const bool more, Fill());
    if (!more) break;
  }
  std::string_view seen(buffer_.data() + next_, std::min(end_ - next_, kPeekBytes));
  if (lines_ == 0 && seen.starts_with(kByteOrderMark)) {
    begin_ = first_next_ = next_ = next_ + kByteOrderMark.size();
    seen.remove_prefix(kByteOrderMark.size());
  }
  return seen;
}

Result<bool> LineReader::Fill() {
  if (all_read_) return false;
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    first_next_ -= begin_;
    next_ -= begin_;
    end_ -= begin_;
    begin_ = 0;
  }
  ASSIGN_OR_RETURN(const std::size_t count,
                   source_->Read(buffer_.data() + end_, buffer_.size() - end_));
  end_ += count;
  all_read_ = count == 0;
  return count > 0;
}

Result<std::size_t> LineReader::FindEnd(std::size_t from) {
  std::size_t searched = from - begin_;
  for (;;) {
    const std::size_t start = begin_ + searched;
    if (const void* found = std::memchr(buffer_.data() + start, '\n', end_ - start)) {
      const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - buffer_.data());
      return at - begin_ > kMostRecordBytes ? std::string_view::npos : at;
    }
    searched = end_ - begin_;
    if (searched > kMostRecordBytes) return std::string_view::npos;
    ASSIGN_OR_RETURN(const bool more, Fill());
    if (!more) return end_;
  }
}

std::string_view LineReader::View(std::size_t end) const {
  std::string_view record(buffer_.data() + begin_, end - begin_);
  if (record.ends_with('\r')) record.remove_suffix(1);
  return record;
}

Status LineReader::SkipLongLine() {
  for (;;) {
    if (const void* found = std::memchr(buffer_.data() + next_, '\n', end_ - next_)) {
      next_ = static_cast<std::size_t>(static_cast<const char*>(found) - buffer_.data()) + 1;
      return {};
    }
    begin_ = first_next_ = next_ = end_;
    ASSIGN_OR_RETURN(const bool more, Fill());
    if (!more) return {};
  }
}

Result<LineReader::Kind> LineReader::Next(std::string_view& line) {
  begin_ = next_;
  ASSIGN_OR_RETURN(const std::size_t end, FindEnd(begin_));
  if (end == begin_ && end == end_ && all_read_) return Kind::kEnd;
  record_line_ = ++lines_;
  if (end != std::string_view::npos) {
    line = View(end);
    first_next_ = next_ = std::min(end + 1, end_);
    return Kind::kLine;
  }
  beginning_.assign(buffer_.data() + begin_, 80);
  next_ = begin_;
  RETURN_IF_ERROR(SkipLongLine());
  first_next_ = next_;
  line = beginning_;
  return Kind::kTooLong;
}

Result<bool> LineReader::Extend(std::string_view& record) {
  if (next_ == end_) {
    ASSIGN_OR_RETURN(const bool more, Fill());
    if (!more) return false;
  }
  ASSIGN_OR_RETURN(const std::size_t end, FindEnd(next_));
  if (end == std::string_view::npos) return false;
  ++lines_;
  next_ = std::min(end + 1, end_);
  record = View(end);
  return true;
}

void LineReader::KeepFirstLine() {
  next_ = first_next_;
  lines_ = record_line_;
}

}  // namespace marquee::ctl

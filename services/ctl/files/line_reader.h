// The lines of a file, with bounded memory however long they are.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ctl/files/byte_source.h"

namespace marquee::ctl {

inline constexpr std::size_t kMostRecordBytes = 64 << 10;

class LineReader {
 public:
  enum class Kind { kLine, kTooLong, kEnd };

  explicit LineReader(std::unique_ptr<ByteSource> source);

  // The first bytes, without a byte order mark; to look at before the first line.
  Result<std::string_view> Peek();

  // The next line without its line break (LF or CRLF); of one that is too long, its beginning. The
  // view stands until the next call.
  Result<Kind> Next(std::string_view& line);
  // Grows the record that Next gave by the next line, with the line break between. False, and no
  // change, at the end of the file or when the record would be too long.
  Result<bool> Extend(std::string_view& record);
  // Takes back what Extend added: the next Next gives the record's second line.
  void KeepFirstLine();

  std::uint64_t line() const { return record_line_; }  // of the record's first line, from 1
  double Share() const { return source_->Share(); }
  Status Unchanged() const { return source_->Unchanged(); }

 private:
  // Reads on, moving what is still needed to the buffer's front; false at the end of the file.
  Result<bool> Fill();
  // The position of the next line's end from `from` on: of its LF, or of the end of the file.
  // npos: too far away.
  Result<std::size_t> FindEnd(std::size_t from);
  Status SkipLongLine();
  std::string_view View(std::size_t end) const;

  std::unique_ptr<ByteSource> source_;
  std::vector<char> buffer_;
  std::string beginning_;       // of a line that was too long
  std::size_t begin_ = 0;       // of the record
  std::size_t first_next_ = 0;  // behind the record's first line
  std::size_t next_ = 0;        // behind the record
  std::size_t end_ = 0;         // of what was read
  bool all_read_ = false;
  std::uint64_t record_line_ = 0;
  std::uint64_t lines_ = 0;  // that the record ends with
};

}  // namespace marquee::ctl

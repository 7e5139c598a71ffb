#include "pg/bulk.h"

#include <array>
#include <optional>
#include <pqxx/pqxx>
#include <pqxx/stream_to>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "pg/array.h"

namespace marquee::pg {
namespace {

constexpr std::size_t kMostColumns = 16;

#if !defined(PQXX_VERSION_MAJOR) || PQXX_VERSION_MAJOR < 7
// pqxx 6 writes rows from tuples only, whose size the compiler must know.
template <std::size_t... I>
void WriteTuple(pqxx::stream_to& stream, const char* const* fields, std::index_sequence<I...>) {
  stream << std::make_tuple(fields[I]...);
}

template <std::size_t N>
void WriteIf(std::size_t count, pqxx::stream_to& stream, const char* const* fields) {
  if (count == N) WriteTuple(stream, fields, std::make_index_sequence<N>{});
}

template <std::size_t... N>
void Write(pqxx::stream_to& stream, const char* const* fields, std::size_t count,
           std::index_sequence<N...>) {
  (WriteIf<N + 1>(count, stream, fields), ...);
}
#endif

}  // namespace

class CopyIn::Impl {
 public:
  Impl(Transaction& tx, const std::string& table, const std::vector<std::string>& columns)
#if !defined(PQXX_VERSION_MAJOR) || PQXX_VERSION_MAJOR < 7
      : stream_(tx, table, columns.begin(), columns.end()),
#else
      : stream_(pqxx::stream_to::table(
            tx, {table}, std::vector<std::string_view>(columns.begin(), columns.end()))),
#endif
        columns_(columns.size()) {
    if (columns.empty() || columns.size() > kMostColumns) {
      throw std::invalid_argument("CopyIn takes 1 to 16 columns");
    }
    fields_.resize(columns.size());
  }

  std::optional<std::string>& NextField() {
    if (at_ == columns_) throw std::logic_error("CopyIn: more fields than columns");
    return fields_[at_++];
  }

  void EndRow() {
    if (at_ != columns_) throw std::logic_error("CopyIn: fewer fields than columns");
    at_ = 0;
#if !defined(PQXX_VERSION_MAJOR) || PQXX_VERSION_MAJOR < 7
    std::array<const char*, kMostColumns> texts{};
    for (std::size_t i = 0; i < columns_; ++i)
      texts[i] = fields_[i] ? fields_[i]->c_str() : nullptr;
    Write(stream_, texts.data(), columns_, std::make_index_sequence<kMostColumns>{});
#else
    stream_.write_row(fields_);
#endif
  }

  void Finish() { stream_.complete(); }

 private:
  pqxx::stream_to stream_;
  std::size_t columns_;
  std::size_t at_ = 0;
  std::vector<std::optional<std::string>> fields_;
};

CopyIn::CopyIn(Transaction& tx, std::string table, std::vector<std::string> columns)
    : impl_(std::make_unique<Impl>(tx, table, columns)) {}
CopyIn::~CopyIn() = default;

CopyIn& CopyIn::Int64(std::int64_t value) {
  impl_->NextField() = std::to_string(value);
  return *this;
}
CopyIn& CopyIn::Real(double value) {
  const std::string array = Array(std::span<const double>(&value, 1));
  impl_->NextField() = array.substr(1, array.size() - 2);
  return *this;
}
CopyIn& CopyIn::Text(std::string_view value) {
  impl_->NextField() = std::string(value);
  return *this;
}
CopyIn& CopyIn::Null() {
  impl_->NextField() = std::nullopt;
  return *this;
}
void CopyIn::EndRow() { impl_->EndRow(); }
void CopyIn::Finish() { impl_->Finish(); }

Status ForEachChunk(Transaction& tx, std::string_view sql, int chunk_rows,
                    const std::function<Status(const pqxx::result&)>& each) {
  tx.exec("DECLARE marquee_chunks NO SCROLL CURSOR FOR " + std::string(sql));
  const std::string fetch = "FETCH " + std::to_string(chunk_rows) + " FROM marquee_chunks";
  for (;;) {
    const pqxx::result rows = tx.exec(fetch);
    if (rows.empty()) break;
    RETURN_IF_ERROR(each(rows));
    if (static_cast<int>(rows.size()) < chunk_rows) break;
  }
  tx.exec("CLOSE marquee_chunks");
  return {};
}

}  // namespace marquee::pg

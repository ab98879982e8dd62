// A document's key is its kind, a zero byte and its id; its value a varint version and the JSON.
#include "base/varint.h"
#include "storage/rocksdb/rocks_store.h"

namespace phlox::storage {
namespace {

constexpr std::size_t kMaxDocumentBytes = 1u << 20;
constexpr std::size_t kMaxDocumentNameBytes = 256;

std::string documents_prefix(std::string_view kind) {
  std::string key(1, kDocumentTable);
  key += kind;
  key.push_back('\0');
  return key;
}

Result<std::string> document_key(std::string_view kind, std::string_view id) {
  for (const std::string_view name : {kind, id}) {
    if (name.empty() || name.size() > kMaxDocumentNameBytes ||
        name.find('\0') != std::string_view::npos)
      return Error::invalid("a document's kind and id have 1 to {} bytes", kMaxDocumentNameBytes);
  }
  return documents_prefix(kind).append(id);
}

Result<Document> decode_document(std::string_view id, std::string_view value) {
  ByteReader reader(value);
  const auto version = reader.varint();
  if (!version) return Error::corrupt("document '{}' is damaged", id);
  return Document{std::string(id), *version, std::string(*reader.bytes(reader.remaining()))};
}

}  // namespace

Result<std::optional<Document>> RocksStore::document(std::string_view kind, std::string_view id) {
  PHLOX_TRY(const std::string key, document_key(kind, id));
  std::string value;
  const auto status =
      database_->db().Get(rocksdb::ReadOptions(), database_->facts(), slice(key), &value);
  if (status.IsNotFound()) return std::optional<Document>();
  PHLOX_TRY(check(status, "read a document"));
  PHLOX_TRY(Document document, decode_document(id, value));
  return std::optional(std::move(document));
}

Result<Document> RocksStore::put_document(std::string_view kind, std::string_view id,
                                          std::string_view json, std::uint64_t expected) {
  PHLOX_TRY(const std::string key, document_key(kind, id));
  if (json.size() > kMaxDocumentBytes)
    return Error::limit("a document of {} bytes, at most {}", json.size(), kMaxDocumentBytes);
  const std::lock_guard lock(writing_);
  PHLOX_TRY(const auto before, document(kind, id));
  const std::uint64_t version = before ? before->version : 0;
  if (version != expected)
    return Error::invalid("document '{}' has version {}, not {}; read it again", id, version,
                          expected);
  std::string value;
  append_varint(value, version + 1);
  value += json;
  rocksdb::WriteBatch batch;
  PHLOX_TRY(check(batch.Put(database_->facts(), slice(key), slice(value)), "write a document"));
  PHLOX_TRY(commit(batch));
  return Document{std::string(id), version + 1, std::string(json)};
}

Result<std::vector<Document>> RocksStore::documents(std::string_view kind) {
  const std::string prefix = documents_prefix(kind);
  std::vector<Document> out;
  PHLOX_TRY(database_->scan(
      prefix, prefix, [&](std::string_view key, std::string_view value) -> Result<> {
        PHLOX_TRY(Document document, decode_document(key.substr(prefix.size()), value));
        out.push_back(std::move(document));
        return {};
      }));
  return out;
}

Result<> RocksStore::delete_document(std::string_view kind, std::string_view id) {
  PHLOX_TRY(const std::string key, document_key(kind, id));
  const std::lock_guard lock(writing_);
  rocksdb::WriteBatch batch;
  PHLOX_TRY(check(batch.Delete(database_->facts(), slice(key)), "delete a document"));
  return commit(batch);
}

}  // namespace phlox::storage

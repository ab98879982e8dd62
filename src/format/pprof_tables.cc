#include "format/pprof_tables.h"

#include <string>

#include "base/utf8.h"

namespace phlox::format::pprof {
namespace {

// Adds to what an earlier field of the same message said.
RawValueType read_value_type(Fields<ValueTypeField> message, RawValueType raw = {}) {
  while (message.next()) {
    switch (message.tag()) {
      case ValueTypeField::kType:
        raw.type = message.number();
        break;
      case ValueTypeField::kUnit:
        raw.unit = message.number();
        break;
      default:
        message.skip();
    }
  }
  return raw;
}

std::uint32_t row(std::size_t index) { return static_cast<std::uint32_t>(index); }

class TableReader {
 public:
  explicit TableReader(const PprofLimits& limits) : limits_(limits) {}
  Result<RawTables> read(const PaddedMessage& message);

 private:
  const char* read_other(Fields<ProfileField> message);
  void read_row(ProfileField table, protozero::data_view row);
  void read_mapping(Fields<MappingField> message);
  void read_location(protozero::data_view message);
  void read_any_location(protozero::data_view message, RawLocation& raw);
  void read_function(protozero::data_view message);
  Result<> check_strings();
  // Room for about as many rows as so many bytes hold; what is not used is never touched.
  void reserve(std::size_t bytes) {
    constexpr std::size_t kBytesARow = 48;
    tables_.strings.reserve(bytes / kBytesARow);
    tables_.functions.reserve(bytes / kBytesARow);
    tables_.locations.reserve(bytes / kBytesARow);
    tables_.lines.reserve(bytes / kBytesARow);
  }

  const PprofLimits& limits_;
  RawTables tables_;
  std::string fault_;  // found inside a nested message
};

void TableReader::read_mapping(Fields<MappingField> message) {
  RawMapping raw;
  std::uint64_t id = 0;
  while (message.next()) {
    switch (message.tag()) {
      case MappingField::kId:
        id = message.number();
        break;
      case MappingField::kFilename:
        raw.filename = message.number();
        break;
      default:
        message.skip();
    }
  }
  if (id == 0 || !tables_.mapping_index.add(id, row(tables_.mappings.size())))
    fault_ = fmt::format("mapping id {} is 0 or given twice", id);
  tables_.mappings.push_back(raw);
}

RawLine read_line(protozero::data_view message) {
  OrderedNumbers usual(message);
  RawLine line;
  line.function_id = usual.take(LineField::kFunctionId);
  line.line = static_cast<std::int64_t>(usual.take(LineField::kLine));
  if (usual.done()) [[likely]]
    return line;
  line = {};
  Fields<LineField> fields(message);
  while (fields.next()) {
    switch (fields.tag()) {
      case LineField::kFunctionId:
        line.function_id = fields.number();
        break;
      case LineField::kLine:
        line.line = fields.signed_number();
        break;
      default:
        fields.skip();
    }
  }
  return line;
}

void TableReader::read_location(protozero::data_view message) {
  RawLocation raw{.first_line = row(tables_.lines.size())};
  OrderedNumbers usual(message);
  raw.id = usual.take(LocationField::kId);
  raw.mapping_id = usual.take(LocationField::kMappingId);
  raw.address = usual.take(LocationField::kAddress);
  const auto line = usual.take_bytes(LocationField::kLine);
  if (line && usual.done()) [[likely]] {
    tables_.lines.push_back(read_line(*line));
  } else {
    read_any_location(message, raw);
  }
  raw.line_count = row(tables_.lines.size()) - raw.first_line;
  if (raw.id == 0 || !tables_.location_index.add(raw.id, row(tables_.locations.size())))
    fault_ = fmt::format("location id {} is 0 or given twice", raw.id);
  tables_.locations.push_back(raw);
}

void TableReader::read_any_location(protozero::data_view message, RawLocation& raw) {
  raw = {.first_line = raw.first_line};
  Fields<LocationField> fields(message);
  while (fields.next()) {
    switch (fields.tag()) {
      case LocationField::kId:
        raw.id = fields.number();
        break;
      case LocationField::kMappingId:
        raw.mapping_id = fields.number();
        break;
      case LocationField::kAddress:
        raw.address = fields.number();
        break;
      case LocationField::kLine:
        tables_.lines.push_back(read_line(fields.bytes()));
        break;
      default:
        fields.skip();
    }
  }
}

RawFunction read_any_function(protozero::data_view bytes) {
  RawFunction raw;
  Fields<FunctionField> message(bytes);
  while (message.next()) {
    switch (message.tag()) {
      case FunctionField::kId:
        raw.id = message.number();
        break;
      case FunctionField::kName:
        raw.name = message.number();
        break;
      case FunctionField::kSystemName:
        raw.system_name = message.number();
        break;
      case FunctionField::kFilename:
        raw.filename = message.number();
        break;
      case FunctionField::kStartLine:
        raw.start_line = message.signed_number();
        break;
      default:
        message.skip();
    }
  }
  return raw;
}

void TableReader::read_function(protozero::data_view message) {
  OrderedNumbers usual(message);
  RawFunction raw;
  raw.id = usual.take(FunctionField::kId);
  raw.name = usual.take(FunctionField::kName);
  raw.system_name = usual.take(FunctionField::kSystemName);
  raw.filename = usual.take(FunctionField::kFilename);
  raw.start_line = static_cast<std::int64_t>(usual.take(FunctionField::kStartLine));
  if (!usual.done()) [[unlikely]]
    raw = read_any_function(message);
  if (raw.id == 0 || !tables_.function_index.add(raw.id, row(tables_.functions.size())))
    fault_ = fmt::format("function id {} is 0 or given twice", raw.id);
  tables_.functions.push_back(raw);
}

// Of the tables that make up nearly all of a message.
[[gnu::always_inline]] inline void TableReader::read_row(ProfileField table,
                                                         protozero::data_view row) {
  switch (table) {
    case ProfileField::kSample:
      tables_.samples.push_back(row);
      break;
    case ProfileField::kLocation:
      read_location(row);
      break;
    case ProfileField::kFunction:
      read_function(row);
      break;
    default:
      tables_.strings.push_back(row);
  }
}

// Reads one field; returns where the next one begins.
const char* TableReader::read_other(Fields<ProfileField> message) {
  message.next();
  switch (message.tag()) {
    case ProfileField::kSampleType:
      tables_.sample_types.push_back(read_value_type(Fields<ValueTypeField>(message.bytes())));
      break;
    case ProfileField::kMapping:
      read_mapping(Fields<MappingField>(message.bytes()));
      break;
    case ProfileField::kSample:
    case ProfileField::kLocation:
    case ProfileField::kFunction:
    case ProfileField::kString:  // with a key that has bytes to spare
      read_row(message.tag(), message.bytes());
      break;
    case ProfileField::kTimeNanos:
      tables_.time_ns = message.signed_number();
      break;
    case ProfileField::kDurationNanos:
      tables_.duration_ns = message.signed_number();
      break;
    case ProfileField::kPeriodType:
      tables_.period_type =
          read_value_type(Fields<ValueTypeField>(message.bytes()), tables_.period_type);
      break;
    case ProfileField::kPeriod:
      tables_.period = message.signed_number();
      break;
    default:
      message.skip();
  }
  return message.at();
}

[[gnu::flatten]] Result<RawTables> TableReader::read(const PaddedMessage& message) {
  using protozero::pbf_wire_type;
  const std::string_view bytes = message.view();
  reserve(bytes.size());
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  const auto take_bytes = [&] {
    const std::uint64_t size = read_padded_varint(++at);
    if (at > end || size > static_cast<std::uint64_t>(end - at))
      throw protozero::end_of_buffer_exception();
    const protozero::data_view field(at, static_cast<std::size_t>(size));
    at += size;
    return field;
  };
  while (at != end) {
    switch (*at) {  // nearly all that there is
      case key_byte(ProfileField::kSample, pbf_wire_type::length_delimited):
        read_row(ProfileField::kSample, take_bytes());
        break;
      case key_byte(ProfileField::kLocation, pbf_wire_type::length_delimited):
        read_row(ProfileField::kLocation, take_bytes());
        break;
      case key_byte(ProfileField::kFunction, pbf_wire_type::length_delimited):
        read_row(ProfileField::kFunction, take_bytes());
        break;
      case key_byte(ProfileField::kString, pbf_wire_type::length_delimited):
        read_row(ProfileField::kString, take_bytes());
        break;
      default:
        at = read_other(Fields<ProfileField>({at, static_cast<std::size_t>(end - at)}));
    }
    if (!fault_.empty()) return Error::invalid("{}", fault_);
  }
  if (tables_.samples.size() > limits_.max_samples)
    return Error::limit("{} samples, at most {}", tables_.samples.size(), limits_.max_samples);
  PHLOX_TRY(check_strings());
  return std::move(tables_);
}

Result<> TableReader::check_strings() {
  if (tables_.strings.empty()) return {};
  // They follow each other: mostly one look at all of them will do, with the bytes in between.
  const char* const begin = tables_.strings.front().data();
  const auto& last = tables_.strings.back();
  const bool all_ascii =
      is_ascii({begin, static_cast<std::size_t>(last.data() + last.size() - begin)});
  for (std::size_t i = 0; i < tables_.strings.size(); ++i) {
    const std::string_view text = tables_.text(i);
    if (text.size() > limits_.max_string_bytes) [[unlikely]]
      return Error::limit("string {}: {} bytes, at most {}", i, text.size(),
                          limits_.max_string_bytes);
    if (!all_ascii && !is_utf8(text)) [[unlikely]]
      return Error::invalid("string {} is not UTF-8", i);
  }
  return {};
}

}  // namespace

Result<RawTables> read_tables(const PaddedMessage& message, const PprofLimits& limits) {
  return TableReader(limits).read(message);
}

}  // namespace phlox::format::pprof

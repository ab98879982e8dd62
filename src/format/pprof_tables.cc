#include "format/pprof_tables.h"

#include <string>

#include "base/utf8.h"

namespace phlox::format::pprof {
namespace {

RawValueType read_value_type(Fields<ValueTypeField> message) {
  RawValueType raw;
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
  Result<RawTables> read(std::string_view bytes);

 private:
  void read_mapping(Fields<MappingField> message);
  void read_location(Fields<LocationField> message);
  void read_function(Fields<FunctionField> message);
  Result<> check_strings();

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

void TableReader::read_location(Fields<LocationField> message) {
  RawLocation raw{.first_line = row(tables_.lines.size())};
  while (message.next()) {
    switch (message.tag()) {
      case LocationField::kId:
        raw.id = message.number();
        break;
      case LocationField::kMappingId:
        raw.mapping_id = message.number();
        break;
      case LocationField::kAddress:
        raw.address = message.number();
        break;
      case LocationField::kLine: {
        Fields<LineField> nested(message.bytes());
        RawLine line;
        while (nested.next()) {
          switch (nested.tag()) {
            case LineField::kFunctionId:
              line.function_id = nested.number();
              break;
            case LineField::kLine:
              line.line = nested.signed_number();
              break;
            default:
              nested.skip();
          }
        }
        tables_.lines.push_back(line);
        break;
      }
      default:
        message.skip();
    }
  }
  raw.line_count = row(tables_.lines.size()) - raw.first_line;
  if (raw.id == 0 || !tables_.location_index.add(raw.id, row(tables_.locations.size())))
    fault_ = fmt::format("location id {} is 0 or given twice", raw.id);
  tables_.locations.push_back(raw);
}

void TableReader::read_function(Fields<FunctionField> message) {
  RawFunction raw;
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
  if (raw.id == 0 || !tables_.function_index.add(raw.id, row(tables_.functions.size())))
    fault_ = fmt::format("function id {} is 0 or given twice", raw.id);
  tables_.functions.push_back(raw);
}

Result<RawTables> TableReader::read(std::string_view bytes) {
  Fields<ProfileField> message(protozero::data_view(bytes.data(), bytes.size()));
  while (message.next()) {
    switch (message.tag()) {
      case ProfileField::kSampleType:
        tables_.sample_types.push_back(read_value_type(Fields<ValueTypeField>(message.bytes())));
        break;
      case ProfileField::kSample:
        tables_.samples.push_back(message.bytes());
        break;
      case ProfileField::kMapping:
        read_mapping(Fields<MappingField>(message.bytes()));
        break;
      case ProfileField::kLocation:
        read_location(Fields<LocationField>(message.bytes()));
        break;
      case ProfileField::kFunction:
        read_function(Fields<FunctionField>(message.bytes()));
        break;
      case ProfileField::kString:
        tables_.strings.push_back(message.bytes());
        break;
      case ProfileField::kTimeNanos:
        tables_.time_ns = message.signed_number();
        break;
      case ProfileField::kDurationNanos:
        tables_.duration_ns = message.signed_number();
        break;
      case ProfileField::kPeriodType:
        tables_.period_type = read_value_type(Fields<ValueTypeField>(message.bytes()));
        break;
      case ProfileField::kPeriod:
        tables_.period = message.signed_number();
        break;
      default:
        message.skip();
    }
    if (!fault_.empty()) return Error::invalid("{}", fault_);
  }
  if (tables_.samples.size() > limits_.max_samples)
    return Error::limit("{} samples, at most {}", tables_.samples.size(), limits_.max_samples);
  PHLOX_TRY(check_strings());
  return std::move(tables_);
}

Result<> TableReader::check_strings() {
  for (std::size_t i = 0; i < tables_.strings.size(); ++i) {
    const std::string_view text = tables_.text(i);
    if (text.size() > limits_.max_string_bytes)
      return Error::limit("string {}: {} bytes, at most {}", i, text.size(),
                          limits_.max_string_bytes);
    if (!is_utf8(text)) return Error::invalid("string {} is not UTF-8", i);
  }
  return {};
}

}  // namespace

Result<RawTables> read_tables(std::string_view bytes, const PprofLimits& limits) {
  return TableReader(limits).read(bytes);
}

}  // namespace phlox::format::pprof

#include "tools/transfer/exporter.h"

#include <utility>

namespace tidemark::tools {

Status Exporter::export_measurement(const std::string& measurement, const TimeRange& range) {
    TIDEMARK_ASSIGN_OR_RETURN(const MeasurementSchema schema, source_.schema(measurement));
    if (schema.fields.empty()) return success();
    std::string heading;
    writer_.begin(schema, heading);
    bool is_begun = false;
    bool is_refusal_told = false;
    return source_.read(schema, range, [&](const WriteBatch& batch) -> Status {
        // A measurement without points in the range leaves no heading behind.
        if (!std::exchange(is_begun, true)) TIDEMARK_RETURN_IF_ERROR(sink_.write(heading));
        return take(batch, is_refusal_told);
    });
}

Status Exporter::take(const WriteBatch& batch, bool& is_refusal_told) {
    std::string text;
    for (std::size_t index = 0; index < batch.point_count(); ++index) {
        const Status written = writer_.append(batch, index, text);
        if (written) {
            ++counts_.point_count;
            counts_.sample_count += batch.point(index).field_count;
            continue;
        }
        ++counts_.refused_count;
        if (!std::exchange(is_refusal_told, true)) refused_(written.error().message());
    }
    TIDEMARK_RETURN_IF_ERROR(sink_.write(text));
    progress_(counts_.point_count);
    return success();
}

}  // namespace tidemark::tools

#pragma once

#include <cstdint>
#include <random>
#include <string>

#include <tidemark/types.h>

#include "storage/segment/decoded_rows.h"

namespace tidemark::tests {

inline constexpr FieldType kAllTypes[] = {FieldType::Float, FieldType::Integer, FieldType::Unsigned,
                                          FieldType::Boolean, FieldType::String};

/// Reproducible randomness for rows.
class RandomRows {
public:
    explicit RandomRows(std::uint64_t seed) : engine_(seed) {}

    /// A number of [low, high].
    std::int64_t number(std::int64_t low, std::int64_t high) {
        return std::uniform_int_distribution<std::int64_t>(low, high)(engine_);
    }
    bool chance(int percent) { return number(1, 100) <= percent; }

    /// Mostly small values, so that comparisons go either way; now and then an awkward one.
    Value value(FieldType type) {
        switch (type) {
            case FieldType::Float:
                if (chance(5)) return chance(50) ? -0.0 : 1e300;
                return static_cast<double>(number(-20, 20)) / 4;
            case FieldType::Integer:
                return chance(3) ? std::int64_t{INT64_MIN} : number(-9, 9);
            case FieldType::Unsigned:
                return chance(3) ? std::uint64_t{UINT64_MAX}
                                 : static_cast<std::uint64_t>(number(0, 9));
            case FieldType::Boolean:
                return chance(50);
            case FieldType::String:
                break;
        }
        if (chance(5)) return std::string(40, 'x') + std::to_string(number(0, 3));
        return std::string(static_cast<std::size_t>(number(0, 2)), 'b') +
               std::to_string(number(0, 3));
    }

    /// Rows with one column of each type ("float", "integer", ..), strictly ascending times and
    /// some nulls; each row has a value in one column at least.
    storage::DecodedRows rows(std::size_t row_count, std::int64_t begin_ns, std::int64_t step_ns) {
        storage::DecodedRows rows;
        for (const FieldType type : kAllTypes) rows.column(field_type_name(type), type);
        std::int64_t time_ns = begin_ns;
        for (std::size_t row = 0; row < row_count; ++row) {
            time_ns += number(1, step_ns);
            rows.times.push_back(time_ns);
            for (storage::DecodedColumn& column : rows.columns) {
                const bool is_float = column.type == FieldType::Float;
                if (is_float || chance(70)) {
                    column.append(value(column.type));
                } else {
                    column.append_null();
                }
            }
        }
        return rows;
    }

private:
    std::mt19937_64 engine_;
};

/// "12: float=1.5 boolean=true": for comparing rows, nulls and the order of columns left out.
std::string describe_row(const storage::DecodedRows& rows, std::size_t row);
std::string describe_rows(const storage::DecodedRows& rows);

}  // namespace tidemark::tests

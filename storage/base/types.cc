#include <tidemark/scan.h>
#include <tidemark/types.h>

namespace tidemark {

std::string_view field_type_name(FieldType type) {
    switch (type) {
        case FieldType::Float:
            return "float";
        case FieldType::Integer:
            return "integer";
        case FieldType::Unsigned:
            return "unsigned";
        case FieldType::Boolean:
            return "boolean";
        case FieldType::String:
            return "string";
    }
    return "unknown";
}

FieldType value_type(const Value& value) {
    constexpr FieldType kTypes[] = {FieldType::Float, FieldType::Integer, FieldType::Unsigned,
                                    FieldType::Boolean, FieldType::String};
    return kTypes[value.index()];
}

Value ColumnValues::value_at(std::size_t row) const {
    switch (type) {
        case FieldType::Float:
            return floats[row];
        case FieldType::Integer:
            return integers[row];
        case FieldType::Unsigned:
            return unsigneds[row];
        case FieldType::Boolean:
            return booleans[row] != 0;
        case FieldType::String:
            break;
    }
    return std::string(strings[row]);
}

}  // namespace tidemark

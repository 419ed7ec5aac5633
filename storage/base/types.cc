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

}  // namespace tidemark

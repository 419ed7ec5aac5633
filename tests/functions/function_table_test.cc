#include "query/functions/function_table.h"

#include <set>
#include <string>

#include <catch2/catch.hpp>

#include "query/functions/sample_fold.h"

namespace tidemark::query {
namespace {

TEST_CASE("the function table has one row per function, in the order of the ids", "[functions]") {
    std::set<std::string_view> names;
    std::size_t index = 0;
    for (const FunctionInfo& info : function_table()) {
        INFO(info.name);
        CHECK(static_cast<std::size_t>(info.id) == index++);
        CHECK(names.insert(info.name).second);
        CHECK(&function_info(info.id) == &info);
        CHECK(find_function(info.name) == &info);
        CHECK(info.argument_count >= 1);
        const bool takes_field = info.arguments[0].kind == ArgumentKind::Field;
        CHECK(takes_field == (info.field_types != 0));
    }
    CHECK(index == static_cast<std::size_t>(function_table().back().id) + 1);
}

TEST_CASE("every sample function makes a fold for the types it takes", "[functions]") {
    for (const FunctionInfo& info : function_table()) {
        const bool is_fold = info.function_class == FunctionClass::Aggregate ||
                             info.function_class == FunctionClass::Selector;
        for (const FieldType type : {FieldType::Float, FieldType::Integer, FieldType::Unsigned,
                                     FieldType::Boolean, FieldType::String}) {
            INFO(info.name << " of " << field_type_name(type));
            const bool is_taken = check_field_type(info, type).has_value();
            const auto percentile = PercentileRequest::make(FunctionId::Percentile, "50");
            REQUIRE(percentile);
            CHECK(make_sample_fold(info.id, type, false, percentile.value()).has_value() ==
                  (is_fold && is_taken));
        }
    }
}

TEST_CASE("function names do not depend on case", "[functions]") {
    REQUIRE(find_function("Percentile_DISC") != nullptr);
    CHECK(find_function("Percentile_DISC")->id == FunctionId::PercentileDisc);
    CHECK(find_function("") == nullptr);
}

TEST_CASE("an unknown function suggests the nearest name", "[functions]") {
    CHECK(nearest_function_name("maen") == "mean");
    CHECK(nearest_function_name("UPTIM") == "uptime");
    CHECK(nearest_function_name("percentil") == "percentile");
    CHECK(nearest_function_name("frobnicate") == std::nullopt);
    CHECK(nearest_function_name("") == std::nullopt);
    CHECK(unknown_function_error("cuont").message() ==
          "undefined function cuont(), did you mean count()?");
    CHECK(unknown_function_error("AVG").message() ==
          "undefined function AVG(), did you mean mean()?");
    CHECK(unknown_function_error("p99").message() ==
          "undefined function p99(), did you mean percentile_disc(.., 0.99)?");
    CHECK(unknown_function_error("qqqqqqq").message() == "undefined function qqqqqqq()");
}

TEST_CASE("a function of the wrong field type is refused in InfluxDB's words", "[functions]") {
    const Status status = check_field_type(function_info(FunctionId::Mean), FieldType::String);
    REQUIRE_FALSE(status.has_value());
    CHECK(status.error().message() == "unsupported mean iterator type: string");
    CHECK(check_field_type(function_info(FunctionId::Min), FieldType::Boolean).has_value());
    CHECK_FALSE(check_field_type(function_info(FunctionId::Min), FieldType::String).has_value());
}

TEST_CASE("result types follow the function, or its field", "[functions]") {
    CHECK(result_type(function_info(FunctionId::Count), FieldType::String) == FieldType::Integer);
    CHECK(result_type(function_info(FunctionId::Sum), FieldType::Integer) == FieldType::Integer);
    CHECK(result_type(function_info(FunctionId::Mean), FieldType::Integer) == FieldType::Float);
    CHECK(result_type(function_info(FunctionId::PercentileCont), FieldType::Integer) ==
          FieldType::Float);
}

}  // namespace
}  // namespace tidemark::query

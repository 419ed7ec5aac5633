#include "query/syntax/printer.h"
#include "query/syntax/text_writer.h"

namespace tidemark::query {

std::string print(const SelectStatement& statement) {
    return TextWriter().write_select(statement).take();
}

// `database.policy.` as far as there is one.
void TextWriter::write_place(std::string_view database, std::string_view policy) {
    if (!database.empty()) write_name(database).write(".");
    if (!policy.empty()) write_name(policy);
    if (!database.empty() || !policy.empty()) write(".");
}

void TextWriter::write_measurement(const MeasurementSource& source) {
    write_place(source.database, source.policy);
    const auto write_kind = Match{
        [this](const std::string& name) { write_name(name); },
        [this](const RegexLiteral& regex) { write_regex(regex); },
    };
    std::visit(write_kind, source.measurement);
}

TextWriter& TextWriter::write_measurements(const std::vector<MeasurementSource>& sources) {
    if (sources.empty()) return *this;
    write(" FROM ");
    return write_list(sources,
                      [this](const MeasurementSource& source) { write_measurement(source); });
}

TextWriter& TextWriter::write_where(const std::optional<Expression>& where) {
    return where ? write(" WHERE ").write_expression(*where) : *this;
}

void TextWriter::write_into(const IntoTarget& target) {
    write(" INTO ");
    write_place(target.database, target.policy);
    target.measurement ? write_name(*target.measurement) : write(":MEASUREMENT");
}

void TextWriter::write_item(const SelectItem& item) {
    write_expression(item.expression);
    if (item.alias) write(" AS ").write_name(*item.alias);
}

void TextWriter::write_source(const Source& source) {
    const auto write_kind = Match{
        [this](const MeasurementSource& measurement) { write_measurement(measurement); },
        [this](const SubquerySource& subquery) {
            write("(").write_select(*subquery.select).write(")");
        },
    };
    std::visit(write_kind, source);
}

void TextWriter::write_dimension(const Dimension& dimension) {
    const auto write_kind = Match{
        [this](const TimeDimension& time) {
            write("time(").write_duration(time.width);
            if (time.offset) write(", ").write_expression(*time.offset);
            write(")");
        },
        [this](const TagDimension& tag) { write_name(tag.name); },
        [this](const WildcardDimension&) { write("*"); },
        [this](const RegexDimension& regex) { write_regex(regex.regex); },
    };
    std::visit(write_kind, dimension);
}

TextWriter& TextWriter::write_group_by(const std::vector<Dimension>& dimensions) {
    if (dimensions.empty()) return *this;
    write(" GROUP BY ");
    return write_list(dimensions,
                      [this](const Dimension& dimension) { write_dimension(dimension); });
}

TextWriter& TextWriter::write_order_by(const std::vector<SortKey>& keys) {
    if (keys.empty()) return *this;
    write(" ORDER BY ");
    return write_list(keys, [this](const SortKey& key) {
        write_name(key.column).write(key.descending ? " DESC" : " ASC");
    });
}

TextWriter& TextWriter::write_limits(const Limits& limits) {
    if (limits.limit) write(" LIMIT ").write_number(*limits.limit);
    if (limits.offset) write(" OFFSET ").write_number(*limits.offset);
    if (limits.series_limit) write(" SLIMIT ").write_number(*limits.series_limit);
    if (limits.series_offset) write(" SOFFSET ").write_number(*limits.series_offset);
    return *this;
}

void TextWriter::write_state_clauses(const SelectStatement& select) {
    const auto write_calendar = [this](const std::string& name) { write_name(name); };
    if (select.during) write(" DURING ").write_list(select.during->calendars, write_calendar);
    if (select.except) {
        write(" EXCEPT ");
        if (select.except->maintenance) write("MAINTENANCE");
        const bool has_both = select.except->maintenance && !select.except->calendars.empty();
        if (has_both) write(", ");
        write_list(select.except->calendars, write_calendar);
    }
    if (select.stale) {
        write(" STALE ");
        select.stale->hold ? write_duration(*select.stale->hold) : write("NONE");
    }
    if (select.unknown_as) {
        write(*select.unknown_as == UnknownAs::Bad ? " UNKNOWN AS BAD" : " UNKNOWN AS GOOD");
    }
}

void TextWriter::write_fill(const FillClause& fill) {
    write(" fill(");
    switch (fill.kind) {
        case FillKind::Null:
            write("null");
            break;
        case FillKind::None:
            write("none");
            break;
        case FillKind::Previous:
            write("previous");
            break;
        case FillKind::Linear:
            write("linear");
            break;
        case FillKind::Number:
            write_expression(*fill.number);
            break;
    }
    if (fill.longest) write(", ").write_duration(*fill.longest);
    write(")");
}

TextWriter& TextWriter::write_select(const SelectStatement& select) {
    write("SELECT ").write_list(select.items, [this](const SelectItem& item) { write_item(item); });
    if (select.into) write_into(*select.into);
    write(" FROM ").write_list(select.sources,
                               [this](const Source& source) { write_source(source); });
    write_where(select.where);
    write_state_clauses(select);
    write_group_by(select.group_by);
    if (select.window) write(" WINDOW ").write_duration(select.window->width);
    if (select.having) write(" HAVING ").write_expression(*select.having);
    if (select.fill) write_fill(*select.fill);
    write_order_by(select.order_by).write_limits(select.limits);
    if (select.time_zone) write(" tz(").write(print_string(select.time_zone->name)).write(")");
    return *this;
}

}  // namespace tidemark::query

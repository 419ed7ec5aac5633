#pragma once

#include <string>
#include <vector>

#include <tidemark/query.h>
#include <tidemark/types.h>

#include "query/plan/where_clause.h"
#include "query/session/select_runner.h"

namespace tidemark::query {

/// A measurement a statement is about, and which of its series.
struct Subject {
    std::string measurement;
    std::vector<TagSet> series;
};

/// FROM and WHERE of a statement about series. One WHERE for all measurements: every name is a tag,
/// and time only bounds a range. `clauses` and `context` must outlive the reader. Not thread-safe.
class SubjectReader {
public:
    SubjectReader(const SchemaClauses& clauses, const StatementContext& context)
        : clauses_(clauses),
          context_(context),
          database_(clauses.database.empty() ? context.options.database : clauses.database) {}

    const std::string& database() const { return database_; }
    /// Once read() succeeded.
    const WhereClause& where() const { return where_; }
    /// Those that FROM names, with or without such series. Once read() succeeded.
    const std::vector<std::string>& measurements() const { return measurements_; }
    /// What the answer should say of the statement's names.
    std::vector<ResultMessage> take_messages() { return std::move(messages_); }

    /// Measurements without such a series are left out.
    Result<std::vector<Subject>> read();

private:
    Result<std::vector<std::string>> measurement_names();

    const SchemaClauses& clauses_;
    const StatementContext& context_;
    std::string database_;
    WhereClause where_;
    std::vector<std::string> measurements_;
    std::vector<ResultMessage> messages_;
};

}  // namespace tidemark::query

#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <tidemark/store.h>

#include "tests/support/plain_points.h"

namespace tidemark::tests {

/// Where points are kept: a policy of a database.
struct Place {
    std::string database;
    std::string policy = "autogen";
    auto operator<=>(const Place&) const = default;
};

/// The book kept outside of a store: what was sent to it, and what it acknowledged. After a crash
/// it tells what the store must have, what it may have, and what it must not have:
///
/// - what was acknowledged holds, unless something later was sent for the same sample;
/// - what was sent without an answer may have happened or not;
/// - nothing else can be there.
///
/// Changes of one sample, database or policy must be sent one after the other; different ones may
/// come from different threads. Thread-safe.
class Ledger {
public:
    /// An entry of the book, for acknowledged().
    using Entry = std::uint64_t;

    // Keeping the book by hand, around whatever sends: enter it, send, and acknowledge when the
    // answer says that it is durable.

    Entry sending(const Place& place, const std::vector<PlainPoint>& points);
    /// Of the samples in `range`: those of one series, or of all when `series_key` is empty.
    Entry deleting(const Place& place, const TimeRange& range, const std::string& series_key = "");
    Entry creating(const std::string& database);
    Entry dropping(const std::string& database);
    Entry creating_policy(const Place& place);
    Entry dropping_policy(const Place& place);
    /// Nothing: the document is removed.
    Entry changing(const DocumentName& document, const std::optional<std::string>& bytes);
    void acknowledged(Entry entry);

    // The same around a store.

    void write(Store& store, const Place& place, const std::vector<PlainPoint>& points);
    void create_database(Store& store, const std::string& database);
    void drop_database(Store& store, const std::string& database);
    void create_policy(Store& store, const Place& place);
    void drop_policy(Store& store, const Place& place);
    /// True when it was acknowledged.
    bool put_document(Store& store, const DocumentName& document, const std::string& bytes);
    void remove_document(Store& store, const DocumentName& document);

    /// What is wrong with the store, a line each; empty when nothing is. A scan that says that
    /// something is missing is wrong too: a crash is no damage.
    std::vector<std::string> complaints(const Store& store) const;

    /// The same for a store whose files were damaged: samples may be missing or old, if reading
    /// them or the recovery says so, or said so earlier (`was_warned`); what was never sent is
    /// wrong all the same.
    std::vector<std::string> complaints_after_damage(const Store& store, bool was_warned) const;

    std::size_t acknowledged_count() const;

private:
    template <typename State>
    struct Change {
        Entry entry;
        State state;  // After it.
    };
    template <typename State>
    using History = std::vector<Change<State>>;
    using SampleHistory = History<std::optional<Value>>;  // Nothing: the sample is gone.
    using Histories = std::map<SampleKey, SampleHistory>;

    enum class Strictness : std::uint8_t { Crash, Damage };

    std::vector<std::string> judge(const Store& store, Strictness strictness,
                                   bool was_warned) const;
    void judge_databases(const Store& store, std::vector<std::string>& complaints) const;
    void judge_documents(const Store& store, std::vector<std::string>& complaints) const;
    void judge_samples(const Histories& histories, const Samples& found, Strictness strictness,
                       bool has_warning, std::vector<std::string>& complaints) const;
    const Histories& histories_of(const Place& place) const;
    Entry end_samples(Entry entry, const Place& place, const TimeRange& range,
                      const std::string& series_key);

    /// Calls is_state(state) for each state that may be, which is at most before_all and those
    /// from the last acknowledged change on. True when one is.
    template <typename State, typename IsState>
    bool may_be(const History<State>& history, const State& before_all, IsState is_state) const;

    mutable std::mutex mutex_;
    Entry last_entry_ = 0;
    std::set<Entry> acknowledged_;
    std::map<Place, Histories> samples_;
    std::map<std::string, History<bool>> databases_;
    std::map<Place, History<bool>> policies_;
    std::map<DocumentName, History<std::optional<std::string>>> documents_;
};

}  // namespace tidemark::tests

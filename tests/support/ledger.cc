#include "tests/support/ledger.h"

#include <algorithm>

namespace tidemark::tests {
namespace {

std::string describe(const Place& place) { return place.database + '.' + place.policy; }

}  // namespace

Ledger::Entry Ledger::sending(const Place& place, const std::vector<PlainPoint>& points) {
    Samples sent;
    for (const PlainPoint& point : points) apply_point(sent, point);
    const std::lock_guard lock(mutex_);
    const Entry entry = ++last_entry_;
    for (const auto& [key, value] : sent) samples_[place][key].push_back({entry, value});
    return entry;
}

Ledger::Entry Ledger::deleting(const Place& place, const TimeRange& range,
                               const std::string& series_key) {
    const std::lock_guard lock(mutex_);
    return end_samples(++last_entry_, place, range, series_key);
}

Ledger::Entry Ledger::creating(const std::string& database) {
    const std::lock_guard lock(mutex_);
    databases_[database].push_back({++last_entry_, true});
    policies_[{database, "autogen"}].push_back({last_entry_, true});
    return last_entry_;
}

Ledger::Entry Ledger::dropping(const std::string& database) {
    const std::lock_guard lock(mutex_);
    const Entry entry = ++last_entry_;
    databases_[database].push_back({entry, false});
    for (auto& [place, history] : policies_) {
        if (place.database == database) history.push_back({entry, false});
    }
    for (const auto& [place, histories] : samples_) {
        if (place.database == database) end_samples(entry, place, {}, "");
    }
    for (auto& [document, history] : documents_) {
        if (document.database == database) history.push_back({entry, std::nullopt});
    }
    return entry;
}

Ledger::Entry Ledger::changing(const DocumentName& document,
                               const std::optional<std::string>& bytes) {
    const std::lock_guard lock(mutex_);
    documents_[document].push_back({++last_entry_, bytes});
    return last_entry_;
}

Ledger::Entry Ledger::creating_policy(const Place& place) {
    const std::lock_guard lock(mutex_);
    policies_[place].push_back({++last_entry_, true});
    return last_entry_;
}

Ledger::Entry Ledger::dropping_policy(const Place& place) {
    const std::lock_guard lock(mutex_);
    policies_[place].push_back({++last_entry_, false});
    return end_samples(last_entry_, place, {}, "");
}

Ledger::Entry Ledger::end_samples(Entry entry, const Place& place, const TimeRange& range,
                                  const std::string& series_key) {
    for (auto& [key, history] : samples_[place]) {
        const auto& [series, field, time_ns] = key;
        const bool is_selected = series_key.empty() || series == series_key;
        if (is_selected && range.contains(time_ns)) history.push_back({entry, std::nullopt});
    }
    return entry;
}

void Ledger::acknowledged(Entry entry) {
    const std::lock_guard lock(mutex_);
    acknowledged_.insert(entry);
}

std::size_t Ledger::acknowledged_count() const {
    const std::lock_guard lock(mutex_);
    return acknowledged_.size();
}

void Ledger::write(Store& store, const Place& place, const std::vector<PlainPoint>& points) {
    const Entry entry = sending(place, points);
    const auto written = store.write(place.database, place.policy, batch_of(points));
    if (!written || written.value().rejected_count > 0) return;
    if (store.wait_durable(written.value().sequence)) acknowledged(entry);
}

void Ledger::create_database(Store& store, const std::string& database) {
    const Entry entry = creating(database);
    if (store.create_database(database)) acknowledged(entry);
}

void Ledger::drop_database(Store& store, const std::string& database) {
    const Entry entry = dropping(database);
    if (store.drop_database(database)) acknowledged(entry);
}

void Ledger::create_policy(Store& store, const Place& place) {
    const Entry entry = creating_policy(place);
    RetentionPolicy policy;
    policy.name = place.policy;
    if (store.create_retention_policy(place.database, policy)) acknowledged(entry);
}

void Ledger::drop_policy(Store& store, const Place& place) {
    const Entry entry = dropping_policy(place);
    if (store.drop_retention_policy(place.database, place.policy)) acknowledged(entry);
}

bool Ledger::put_document(Store& store, const DocumentName& document, const std::string& bytes) {
    const Entry entry = changing(document, bytes);
    const bool is_kept = store.put_document(document, bytes, {}).has_value();
    if (is_kept) acknowledged(entry);
    return is_kept;
}

void Ledger::remove_document(Store& store, const DocumentName& document) {
    const Entry entry = changing(document, std::nullopt);
    if (store.remove_document(document, {})) acknowledged(entry);
}

std::vector<std::string> Ledger::complaints(const Store& store) const {
    return judge(store, Strictness::Crash, false);
}

std::vector<std::string> Ledger::complaints_after_damage(const Store& store,
                                                         bool was_warned) const {
    return judge(store, Strictness::Damage, was_warned);
}

std::vector<std::string> Ledger::judge(const Store& store, Strictness strictness,
                                       bool was_warned) const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> complaints;
    if (strictness == Strictness::Crash) {
        judge_databases(store, complaints);
        judge_documents(store, complaints);
    }

    std::set<Place> places;
    for (const auto& [place, histories] : samples_) places.insert(place);
    for (const std::string& database : store.databases()) {
        for (const RetentionPolicy& policy : store.retention_policies(database)) {
            places.insert({database, policy.name});
        }
    }
    const bool has_recovery_message = was_warned || !store.recovery_messages().empty();
    for (const Place& place : places) {
        if (!store.has_retention_policy(place.database, place.policy)) {
            judge_samples(histories_of(place), {}, strictness, has_recovery_message, complaints);
            continue;
        }
        const auto read = read_samples(store, place.database, place.policy);
        if (!read) {
            // After damage an error is an answer, and as good a warning as any.
            if (strictness == Strictness::Damage) continue;
            complaints.push_back(describe(place) + ": " + read.error().message());
            continue;
        }
        if (strictness == Strictness::Crash) {
            for (const std::string& message : read.value().messages) {
                complaints.push_back(describe(place) + ": told without cause: " + message);
            }
        }
        const bool has_warning = has_recovery_message || !read.value().messages.empty();
        judge_samples(histories_of(place), read.value().samples, strictness, has_warning,
                      complaints);
    }
    return complaints;
}

const Ledger::Histories& Ledger::histories_of(const Place& place) const {
    static const Histories kNone;
    const auto found = samples_.find(place);
    return found == samples_.end() ? kNone : found->second;
}

void Ledger::judge_databases(const Store& store, std::vector<std::string>& complaints) const {
    for (const auto& [database, history] : databases_) {
        const bool is_there = store.has_database(database);
        if (may_be(history, false, [is_there](bool state) { return state == is_there; })) continue;
        complaints.push_back("database " + database + (is_there ? " is there" : " is lost"));
    }
    for (const std::string& database : store.databases()) {
        if (!databases_.contains(database)) complaints.push_back("database " + database + "?");
    }
    for (const auto& [place, history] : policies_) {
        const bool is_there = store.has_retention_policy(place.database, place.policy);
        if (may_be(history, false, [is_there](bool state) { return state == is_there; })) continue;
        complaints.push_back("policy " + describe(place) + (is_there ? " is there" : " is lost"));
    }
}

void Ledger::judge_documents(const Store& store, std::vector<std::string>& complaints) const {
    for (const auto& [name, history] : documents_) {
        const auto found = store.document(name);
        const auto is_found = [&](const std::optional<std::string>& bytes) {
            return found ? bytes == found->bytes : !bytes.has_value();
        };
        if (may_be(history, std::optional<std::string>(), is_found)) continue;
        complaints.push_back("document " + name.kind + " " + name.name + " is " +
                             (found ? "'" + found->bytes + "'" : "lost"));
    }
    for (const std::string& database : store.databases()) {
        for (const Document& found : store.documents(database, "calendar")) {
            if (documents_.contains({database, found.kind, found.name})) continue;
            complaints.push_back("document " + found.name + "?");
        }
    }
}

void Ledger::judge_samples(const Histories& histories, const Samples& found, Strictness strictness,
                           bool has_warning, std::vector<std::string>& complaints) const {
    for (const auto& [key, history] : histories) {
        const auto sample = found.find(key);
        const bool is_there = sample != found.end();
        const auto is_found = [&](const std::optional<Value>& state) {
            if (!state || !is_there) return state.has_value() == is_there;
            return is_same_value(*state, sample->second);
        };
        if (may_be(history, std::optional<Value>(), is_found)) continue;
        const bool was_once = !is_there || std::ranges::any_of(history, [&](const auto& change) {
            return is_found(change.state);
        });
        if (strictness == Strictness::Damage && has_warning && was_once) continue;
        complaints.push_back(describe_key(key) + (is_there ? " has another value" : " is lost"));
    }
    for (const auto& [key, value] : found) {
        if (!histories.contains(key)) complaints.push_back(describe_key(key) + " was never sent");
    }
}

template <typename State, typename IsState>
bool Ledger::may_be(const History<State>& history, const State& before_all,
                    IsState is_state) const {
    for (auto change = history.rbegin(); change != history.rend(); ++change) {
        if (is_state(change->state)) return true;
        if (acknowledged_.contains(change->entry)) return false;
    }
    return is_state(before_all);
}

}  // namespace tidemark::tests

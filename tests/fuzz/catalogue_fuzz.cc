#include <string>
#include <vector>

#include "storage/engine/catalogue.h"
#include "tests/fuzz/record_log_input.h"
#include "tests/support/crashing_file_system.h"

// Any bytes are a catalogue, what cannot be read of it being told. What it has can be looked up in
// every way; what is added to it is there when it is opened again, beside what was there.

using namespace tidemark;
using namespace tidemark::storage;
using tests::require;

namespace {

const std::string kPath = "/catalogue";

std::unique_ptr<Catalogue> open_catalogue(FileSystem& files, bool read_only) {
    std::vector<std::string> messages;
    auto catalogue = Catalogue::open(files, kPath, "/quarantine", read_only, messages);
    if (!catalogue) {
        require(catalogue.error().code() == ErrorCode::Unsupported);
        return nullptr;
    }
    require(messages.size() >= catalogue.value()->damage().size());
    return std::move(catalogue).value();
}

void look_up_measurement(const Catalogue& catalogue, const std::string& database,
                         const std::string& measurement, std::vector<std::string>& found) {
    for (const FieldKey& field : catalogue.field_keys(database, measurement)) {
        found.push_back(field.name);
    }
    for (const std::string& key : catalogue.tag_keys(database, measurement)) {
        const auto values = catalogue.tag_values(database, measurement, key);
        require(!values.empty());
        found.insert(found.end(), values.begin(), values.end());
        const TagMatcher matcher{key, CompareOp::Equal, values.front(), nullptr};
        require(!catalogue.series(database, measurement, {matcher}).empty());
    }
    for (const SeriesTags& series : catalogue.series(database, measurement, {})) {
        for (const Tag& tag : series.tags) found.push_back(tag.key + "=" + tag.value);
    }
}

/// All that can be asked for by name.
std::vector<std::string> look_up(const Catalogue& catalogue) {
    std::vector<std::string> found;
    for (const std::string& database : catalogue.databases()) {
        found.push_back(database);
        for (const RetentionPolicy& policy : catalogue.policies(database)) {
            found.push_back(policy.name);
            require(catalogue.find_policy(database, policy.name).has_value());
        }
        for (const std::string& measurement : catalogue.measurements(database)) {
            found.push_back(measurement);
            look_up_measurement(catalogue, database, measurement, found);
        }
    }
    return found;
}

/// By id: a series has a key as long as it has a home.
void look_up_series(const Catalogue& catalogue) {
    constexpr SeriesId kSome = 200;
    std::uint64_t count = 0;
    for (SeriesId id = 0; id < kSome; ++id) {
        const auto home = catalogue.home_of(id);
        require(home.has_value() == !catalogue.series_key(id).empty());
        if (!home) continue;
        require(catalogue.was_series(id) && catalogue.is_live(home->policy));
        static_cast<void>(catalogue.fields(home->measurement));
        ++count;
    }
    require(count <= catalogue.series_count());
}

/// Its id.
SeriesId add_series(Catalogue& catalogue) {
    const auto database = catalogue.create_database("fuzz");
    require(database.has_value());
    const auto policy = catalogue.find_policy("fuzz", "");
    const PolicyId place = policy ? policy.value() : database.value();
    const auto known = catalogue.find_measurement(place, "added");
    const MeasurementId measurement = known ? *known : catalogue.add_measurement(place, "added");
    const TagSet tags = {{"added", "yes"}};
    if (const auto series = catalogue.find_series(measurement, tags)) return *series;
    const SeriesId series = catalogue.add_series(measurement, tags);
    require(catalogue.make_durable().has_value());
    return series;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size_bytes) {
    tests::CrashingFileSystem files;
    files.replace_contents(
        kPath, tests::record_log_of(kCatalogueKind, std::as_bytes(std::span(data, size_bytes))));
    const auto before = open_catalogue(files, true);
    if (before == nullptr) return 0;
    look_up_series(*before);
    const auto found = look_up(*before);

    auto catalogue = open_catalogue(files, false);
    require(catalogue != nullptr && look_up(*catalogue) == found);
    const SeriesId added = add_series(*catalogue);
    const std::string key = catalogue->series_key(added);
    const auto expected = look_up(*catalogue);
    catalogue.reset();

    const auto after = open_catalogue(files, true);
    require(after != nullptr && after->series_key(added) == key);
    require(look_up(*after) == expected);
    return 0;
}

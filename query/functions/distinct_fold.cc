#include "query/functions/distinct_fold.h"

#include <algorithm>
#include <string>
#include <type_traits>
#include <unordered_map>

#include "query/functions/column_access.h"
#include "storage/base/assert.h"

namespace tidemark::query {
namespace {

/// Finds strings by views, without making a string of each.
template <typename Stored>
struct ValueHash {
    using is_transparent = void;
    template <typename T>
    std::size_t operator()(const T& value) const {
        if constexpr (std::is_same_v<Stored, std::string>) {
            return std::hash<std::string_view>()(value);
        } else {
            return std::hash<Stored>()(static_cast<Stored>(value));
        }
    }
};

struct Occurrences {
    std::uint64_t count = 0;
    std::int64_t first_ns = 0;
    std::int64_t last_ns = 0;
};

template <typename T>
class TypedDistinctFold final : public DistinctFold {
public:
    explicit TypedDistinctFold(FunctionId function) : function_(function) {
        takes_summaries_ = false;
    }

    void begin_series(std::size_t) override {}
    void add_summary(const ColumnSummary&) override {}

    void add_values(std::span<const std::int64_t> times, const ColumnValues& values,
                    std::size_t begin, std::size_t end) override {
        const std::span<const T> column = typed_values<T>(values);
        for_each_valid_row(values, begin, end, [&](std::size_t row) {
            add(column[row], {1, times[row], times[row]});
        });
    }

    void merge(const SampleFold& other) override {
        for (const auto& [value, occurrences] :
             static_cast<const TypedDistinctFold&>(other).values_) {
            add(T(value), occurrences);
        }
    }

    void clear() override {
        values_.clear();
        text_bytes_ = 0;
    }

    Result<FoldResult> finish() const override {
        if (function_ == FunctionId::Mode) return FoldResult{mode(), {}, {}};
        return FoldResult{Cell(static_cast<std::int64_t>(values_.size())), {}, {}};
    }

    std::vector<DistinctValue> distinct_values() const override {
        std::vector<DistinctValue> all;
        all.reserve(values_.size());
        for (const auto& [value, found] : values_) {
            DistinctValue& added = all.emplace_back();
            added.value = value;
            added.count = found.count;
            added.first_ns = found.first_ns;
            added.last_ns = found.last_ns;
        }
        return all;
    }

    std::size_t value_count() const override { return values_.size(); }

    std::size_t memory_size_bytes() const override {
        constexpr std::size_t kNodeBytes = 32;  // Links of the map, about, and the allocation.
        return values_.size() * (sizeof(*values_.begin()) + kNodeBytes) + text_bytes_;
    }

private:
    using Stored = StoredType<T>;

    void add(const T& value, const Occurrences& added) {
        auto found = values_.find(value);
        if (found == values_.end()) {
            values_.emplace(Stored(value), added);
            if constexpr (std::is_same_v<Stored, std::string>) text_bytes_ += value.size();
            return;
        }
        Occurrences& known = found->second;
        known.count += added.count;
        known.first_ns = std::min(known.first_ns, added.first_ns);
        known.last_ns = std::max(known.last_ns, added.last_ns);
    }

    Cell mode() const {
        constexpr bool kIsBoolean = std::is_same_v<T, std::uint8_t>;
        const auto best =
            std::ranges::max_element(values_, [](const auto& left, const auto& right) {
                const Occurrences& a = left.second;
                const Occurrences& b = right.second;
                if (a.count != b.count) return a.count < b.count;
                if ((kIsBoolean || a.count > 1) && a.first_ns != b.first_ns)
                    return a.first_ns > b.first_ns;
                return is_below(right.first, left.first);
            });
        return best == values_.end() ? Cell() : Cell(best->first);
    }

    FunctionId function_;
    std::unordered_map<Stored, Occurrences, ValueHash<Stored>, std::equal_to<>> values_;
    std::size_t text_bytes_ = 0;
};

}  // namespace

std::unique_ptr<DistinctFold> make_distinct_fold(FunctionId function, FieldType type) {
    switch (type) {
        case FieldType::Float:
            return std::make_unique<TypedDistinctFold<double>>(function);
        case FieldType::Integer:
            return std::make_unique<TypedDistinctFold<std::int64_t>>(function);
        case FieldType::Unsigned:
            return std::make_unique<TypedDistinctFold<std::uint64_t>>(function);
        case FieldType::Boolean:
            return std::make_unique<TypedDistinctFold<std::uint8_t>>(function);
        case FieldType::String:
            return std::make_unique<TypedDistinctFold<std::string_view>>(function);
    }
    TIDEMARK_ASSERT(false, "every field type has a fold");
    return nullptr;
}

}  // namespace tidemark::query

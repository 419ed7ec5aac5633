#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace tidemark {

/// What went wrong, as far as a caller can act on it. Details go into the message.
enum class ErrorCode : std::uint8_t {
    InvalidArgument,  ///< The caller broke a documented rule; retrying cannot help.
    NotFound,         ///< No such series, file or column.
    Corruption,       ///< Stored bytes contradict FORMAT.md. Never returned for user input.
    IoError,          ///< The operating system refused; the message holds its reason.
    Busy,             ///< The store is locked or a queue is full; retrying may help.
    LimitExceeded,  ///< A configured limit or the memory budget; the message says which and how to
                    ///< raise it.
    StorageFull,    ///< No space left; reads go on, writes resume by themselves.
    Cancelled,      ///< By the user, a disconnect or a deadline.
    Unsupported,    ///< Written by a newer format; nothing was touched.
};

class [[nodiscard]] Error {
public:
    Error(ErrorCode code, std::string message) : code_(code), message_(std::move(message)) {}

    ErrorCode code() const { return code_; }
    const std::string& message() const { return message_; }

    /// Prefixes the place that was being worked on, so a message reads from outside in:
    /// "open kpi.db: segment 000042.seg: block at 8192: checksum mismatch".
    Error within(std::string_view place) && {
        message_.insert(0, ": ").insert(0, place);
        return std::move(*this);
    }

private:
    ErrorCode code_;
    std::string message_;
};

/// Either a value or the reason there is none. Member names follow std::expected, which will
/// replace this class when the project moves to C++23. Asking for the one that is not there throws
/// std::bad_variant_access.
///
///     const auto percent = [](double share) -> Result<double> {
///         if (share >= 0 && share <= 1) return share * 100;
///         return Error(ErrorCode::InvalidArgument,
///                      "found " + std::to_string(share) + ", expected a share from 0 to 1");
///     };
///     if (const auto shown = percent(1.5); !shown) std::puts(shown.error().message().c_str());
///     TIDEMARK_ASSIGN_OR_RETURN(const double uptime_percent, percent(0.9997));
template <typename T>
class [[nodiscard]] Result {
public:
    // Implicit on purpose, so that functions return a value or an Error as it is.
    // NOLINTNEXTLINE(google-explicit-constructor)
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    // NOLINTNEXTLINE(google-explicit-constructor)
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

    bool has_value() const { return state_.index() == 0; }
    explicit operator bool() const { return has_value(); }

    T& value() & { return std::get<0>(state_); }
    const T& value() const& { return std::get<0>(state_); }
    T&& value() && { return std::get<0>(std::move(state_)); }
    Error&& error() && { return std::get<1>(std::move(state_)); }
    const Error& error() const& { return std::get<1>(state_); }

private:
    std::variant<T, Error> state_;
};

using Status = Result<std::monostate>;
inline Status success() { return Status(std::monostate{}); }

}  // namespace tidemark

/// Returns the error to the caller, or goes on.
#define TIDEMARK_RETURN_IF_ERROR(expression)                         \
    do {                                                             \
        if (auto tidemark_status = (expression); !tidemark_status) { \
            return std::move(tidemark_status).error();               \
        }                                                            \
    } while (false)

#define TIDEMARK_CONCAT_IMPL(a, b) a##b
#define TIDEMARK_CONCAT(a, b) TIDEMARK_CONCAT_IMPL(a, b)

/// Declares `declaration` from the value of `expression`, or returns its error to the caller.
#define TIDEMARK_ASSIGN_OR_RETURN(declaration, expression)                                   \
    TIDEMARK_ASSIGN_OR_RETURN_IMPL(TIDEMARK_CONCAT(tidemark_result_, __LINE__), declaration, \
                                   expression)
#define TIDEMARK_ASSIGN_OR_RETURN_IMPL(result, declaration, expression) \
    auto result = (expression);                                         \
    if (!result) return std::move(result).error();                      \
    declaration = std::move(result).value()

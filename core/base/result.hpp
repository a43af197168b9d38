// Expected failures as values. Exceptions only abort one request or the start of the program.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace gh {

/// What went wrong, for a person: what, where, what to do next. Never holds a secret.
struct Error {
    std::string message;
};

/// Either a T or an Error. Test with ok() before taking either.
template <class T>
class [[nodiscard]] Result {
public:
    Result(T value) : content_(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : content_(std::in_place_index<1>, std::move(error)) {}

    bool ok() const { return content_.index() == 0; }
    explicit operator bool() const { return ok(); }
    T& value() & { return std::get<0>(content_); }
    const T& value() const& { return std::get<0>(content_); }
    T value() && { return std::get<0>(std::move(content_)); } ///< by value: safe in `for (x : f().value())`
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }
    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    const Error& error() const { return std::get<1>(content_); }

private:
    std::variant<T, Error> content_;
};

/// Success without a value.
struct Done {};
using Status = Result<Done>;

} // namespace gh

// Certificates made while the test runs.
#pragma once

#include <openssl/ssl.h>

#include <filesystem>
#include <memory>
#include <string>

namespace wire {

template <auto F>
struct Free {
    template <class T>
    void operator()(T* p) const {
        F(p);
    }
};
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;

struct Identity {
    Key key;
    Certificate certificate;
    void write(const std::filesystem::path& certificate_file, const std::filesystem::path& key_file) const;
};

/// Issued by `issuer`, or a self-signed CA without one.
Identity make_identity(const std::string& name, const Identity* issuer);

/// A folder of its own under the temporary directory, removed at the end.
class Folder {
public:
    Folder();
    ~Folder();
    std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

private:
    std::filesystem::path path_;
};

} // namespace wire

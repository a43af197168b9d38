// Written by tests/plugins/make_samples.cpp. Keys and messages are this project's own, made for its tests: nothing here comes from AWS
// or from a provider, and the private keys were not kept.
#pragma once

#include <string_view>

namespace wicket_data {

// clang-format off
inline constexpr std::string_view k_certificate = R"~(-----BEGIN CERTIFICATE-----
MIIC0zCCAbugAwIBAgIBAjANBgkqhkiG9w0BAQsFADAcMRowGAYDVQQDDBFzbnMu
YW1hem9uYXdzLmNvbTAeFw0yNjAxMDEwMDAwMDBaFw00NjAxMTkxODQwMDBaMBwx
GjAYBgNVBAMMEXNucy5hbWF6b25hd3MuY29tMIIBIjANBgkqhkiG9w0BAQEFAAOC
AQ8AMIIBCgKCAQEAyZqD9z+AYbi00vXGwDx+uowNpYXhRjzE/NvDg/3/oHLNxCsR
CthRa1YJ8XAyyvsRPysdnEbDIz3kQveP2deSp8yaPzA+W6EtM2oOZyLyB3v/SoEO
EeEu7LBgqKoSnptUYa42wtAir3RTsMxK6GxeOzbo9BFVHFe5FXq9DiMJBy8UCNWl
QiSt+D1qOCWPA4QbmfhPs1i6k8fiQ0Cpo7IyHJYRZc0rdxlyjmOF2C69xtXrH4KY
fyqYaoNSAXAtZF/W8v5QKenFq9P/me3ZKMJZYnZhKVvl8VJw2O3W+HCt01nRryHp
22xs6PdW4C8/iEiMdaaPV20mb6t3sd78P4j9qwIDAQABoyAwHjAcBgNVHREEFTAT
ghFzbnMuYW1hem9uYXdzLmNvbTANBgkqhkiG9w0BAQsFAAOCAQEAmEqTEg9aSXVb
6P+Sjkwptsj5BX09rAHdLK8Ch7st+87FrQcM0HB/BbvCkdGk+1MA0rXfT010cvWM
ljYXuvoUNNtTjk/q4aVFu64GTvKgvbN1WATuUGCj9zgKeQ90lED7C0yAHkK7zkUs
o5jWUSbEvpLRPlUs0vmIk7nFks0ahM+2SYK5Tmeq/2QzNgH/S3LUZqZmGU8uV5gX
lSxdYU43Rlqza2iSsVr9jjY5q568lufZabsAxdcs9Xl0Gtz87XnWs5W6g0g61CpH
5mBmfpYlkojO0tZFyxlXntwDeoCcjy8oJPNo9h8bDdFUuHhgMaiqsBy1ci6P5w+O
TxnEJ/5BRA==
-----END CERTIFICATE-----
)~";
// clang-format on

// clang-format off
inline constexpr std::string_view k_raw = R"~({"application_user_sub":"0123456789abcdef0123456789abcdef0123456789abcdef01","date_time":"2026-03-01T11:59:57.123456","operation_type":"data_update"})~";
// clang-format on

// clang-format off
inline constexpr std::string_view k_enveloped = R"~({
  "Type" : "Notification",
  "MessageId" : "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
  "TopicArn" : "arn:aws:sns:ap-southeast-2:123456789012:orders",
  "Message" : "{\"operation_type\":\"data_update\",\"application_user_sub\":\"0123456789abcdef0123456789abcdef0123456789abcdef01\",\"date_time\":\"2026-03-01T11:59:57.123456\"}",
  "Timestamp" : "2026-03-01T11:59:58.000Z",
  "SignatureVersion" : "1",
  "Signature" : "lkuUH6LmAF0XfM9QCXLmoSKu9mwpavUK3isF+zmatI5mA/xHqmF9AdjM4fkzw7nqI3muqjDK81XBmwNMqdwZs6sjZOhyUAk/rrWNpLswgF9fm/3h53JX4U2BbQhlrT58rmlCBKD/X0wa8rhBQTzCVOhK90TOZijmo5n3X8CS3IgzT8/bNSnXA7UAOUH1tYC7Tzu+FJ3b7PalaP9WzhEeYZh/FWcFa4j83yHmIdGir0i/a8XG7hwgiXk6u+nYUybypUAxx02FXLfRNIXioToJrMBlnUZjxmqQ9mYj3QFv8pkEwNpo6I000TZDM8DaHaI6TSnRoAm3dOGEnVNhr3fSiA==",
  "SigningCertURL" : "https://sns.ap-southeast-2.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"
})~";
// clang-format on

// clang-format off
inline constexpr std::string_view k_confirmation = R"~({
  "Type" : "SubscriptionConfirmation",
  "MessageId" : "165545c9-2a5c-472c-8df2-7ff2be2b3b1b",
  "Token" : "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
  "TopicArn" : "arn:aws:sns:ap-southeast-2:123456789012:orders",
  "Message" : "You have chosen to subscribe to the topic arn:aws:sns:ap-southeast-2:123456789012:orders.\nTo confirm the subscription, visit the SubscribeURL.",
  "SubscribeURL" : "https://sns.ap-southeast-2.amazonaws.com/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:ap-southeast-2:123456789012:orders&Token=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
  "Timestamp" : "2026-03-01T11:59:58.000Z",
  "SignatureVersion" : "1",
  "Signature" : "dP/txkc1bFqwDN6UWjdkHhASoFeSlG7JpPtCbWMGqzvwmpv3OmuJOsoO8GocrXogt2K3YxYKn4K/4V/igHq40tUmT9XI1N8z+WRsFrsb2yvGWg94uaM5dOtwYwt5jA9/HL3vBlAoEPAffJwRAEi2vYT6rt9RQ8aR7B7OQlAueCnskIZCKvnDqW8uqgTGoMI0qw5n/aARUAzswuNgy1AWrHKRHBmjLWw9tjdZhLSS6mwYib3amkOkSeW1oXYKOhvAHKoWtMF4OP0jNupBLIhwxaiVDonLlPAAbC35gpihgsjo+1ac1xWq6T96SQ1l94tuFdEEyBLQzT11zVrCZZmHQQ==",
  "SigningCertURL" : "https://sns.ap-southeast-2.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"
})~";
// clang-format on

} // namespace wicket_data

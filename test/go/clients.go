// Package clients pins the version of franz-go whose own test suite is run against the broker.
// Nothing here is built into anything; test/conformance/go runs `go test` on the package it names.
package clients

import _ "github.com/twmb/franz-go/pkg/kgo"

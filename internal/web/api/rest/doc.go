// Package rest is how a JSON API is told once: an endpoint is a handler with its types, from which requests are
// read and checked and the OpenAPI document is written. Which addresses there are, and what they mean, is left
// to internal/web/api.
package rest

#include "serve/openapi.h"

namespace rpp {

const std::string_view kOpenApi = R"json({
"openapi": "3.0.3",
"info": {"title": "rpp-serve", "version": "1",
  "description": "Embeddings, scores and rankings of texts: the protocols of OpenAI's embeddings and of text-embeddings-inference."},
"security": [{}, {"key": []}],
"paths": {
  "/health": {"get": {"summary": "Whether requests are answered", "responses": {
    "200": {"$ref": "#/components/responses/Object"}, "503": {"$ref": "#/components/responses/Error"}}}},
  "/info": {"get": {"summary": "The model and the limits", "responses": {
    "200": {"$ref": "#/components/responses/Object"}, "4XX": {"$ref": "#/components/responses/Error"}}}},
  "/metrics": {"get": {"summary": "Counters for Prometheus", "responses": {
    "200": {"description": "Text format 0.0.4", "content": {"text/plain": {"schema": {"type": "string"}}}},
    "4XX": {"$ref": "#/components/responses/Error"}}}},
  "/openapi.json": {"get": {"summary": "This description", "responses": {
    "200": {"$ref": "#/components/responses/Object"}, "4XX": {"$ref": "#/components/responses/Error"}}}},
  "/v1/models": {"get": {"summary": "The model, as OpenAI lists it", "responses": {
    "200": {"$ref": "#/components/responses/Object"}, "4XX": {"$ref": "#/components/responses/OpenAiError"}}}},
  "/v1/embeddings": {"post": {"summary": "Embeddings of length 1, as OpenAI's",
    "requestBody": {"required": true, "content": {"application/json": {"schema": {"type": "object", "required": ["input"],
      "additionalProperties": false, "properties": {
        "input": {"$ref": "#/components/schemas/Texts"},
        "model": {"type": "string", "nullable": true, "description": "Ignored: there is one model"},
        "user": {"type": "string", "nullable": true, "description": "Ignored"},
        "encoding_format": {"type": "string", "enum": ["float", "base64"], "default": "float", "nullable": true},
        "dimensions": {"$ref": "#/components/schemas/Dimensions"}}}}}},
    "responses": {"200": {"description": "The embeddings", "content": {"application/json": {"schema": {
        "type": "object", "required": ["object", "data", "model", "usage"], "properties": {
          "object": {"type": "string"}, "model": {"type": "string"},
          "data": {"type": "array", "items": {"type": "object", "required": ["object", "index", "embedding"], "properties": {
            "object": {"type": "string"}, "index": {"type": "integer"},
            "embedding": {"oneOf": [{"type": "array", "items": {"type": "number"}},
                                    {"type": "string", "description": "base64 of little-endian float32"}]}}}},
          "usage": {"type": "object", "properties": {
            "prompt_tokens": {"type": "integer"}, "total_tokens": {"type": "integer"}}}}}}}},
      "4XX": {"$ref": "#/components/responses/OpenAiError"}}}},
  "/embed": {"post": {"summary": "Embeddings",
    "requestBody": {"required": true, "content": {"application/json": {"schema": {"type": "object", "required": ["inputs"],
      "additionalProperties": false, "properties": {
        "inputs": {"$ref": "#/components/schemas/Texts"},
        "normalize": {"type": "boolean", "default": true, "nullable": true},
        "prompt_name": {"type": "string", "nullable": true},
        "dimensions": {"$ref": "#/components/schemas/Dimensions"},
        "truncate": {"$ref": "#/components/schemas/Truncate"},
        "truncation_direction": {"$ref": "#/components/schemas/Direction"}}}}}},
    "responses": {"200": {"description": "One embedding per text", "content": {"application/json": {"schema": {
        "type": "array", "items": {"type": "array", "items": {"type": "number"}}}}}},
      "4XX": {"$ref": "#/components/responses/Error"}}}},
  "/rerank": {"post": {"summary": "Scores of texts for a query, best first",
    "requestBody": {"required": true, "content": {"application/json": {"schema": {"type": "object", "required": ["query", "texts"],
      "additionalProperties": false, "properties": {
        "query": {"type": "string"},
        "texts": {"type": "array", "items": {"type": "string"}, "minItems": 1},
        "raw_scores": {"type": "boolean", "default": false, "nullable": true},
        "return_text": {"type": "boolean", "default": false, "nullable": true},
        "truncate": {"$ref": "#/components/schemas/Truncate"},
        "truncation_direction": {"$ref": "#/components/schemas/Direction"}}}}}},
    "responses": {"200": {"description": "Ranks", "content": {"application/json": {"schema": {
        "type": "array", "items": {"type": "object", "required": ["index", "score"], "properties": {
          "index": {"type": "integer"}, "score": {"type": "number"}, "text": {"type": "string"}}}}}}},
      "4XX": {"$ref": "#/components/responses/Error"}}}},
  "/predict": {"post": {"summary": "Labels of texts or pairs, best first",
    "requestBody": {"required": true, "content": {"application/json": {"schema": {"type": "object", "required": ["inputs"],
      "additionalProperties": false, "properties": {
        "inputs": {"description": "A text, [text], [text, second text], or a list of such lists",
          "oneOf": [{"type": "string"}, {"$ref": "#/components/schemas/Line"},
                    {"type": "array", "items": {"$ref": "#/components/schemas/Line"}, "minItems": 1}]},
        "raw_scores": {"type": "boolean", "default": false, "nullable": true},
        "truncate": {"$ref": "#/components/schemas/Truncate"},
        "truncation_direction": {"$ref": "#/components/schemas/Direction"}}}}}},
    "responses": {"200": {"description": "Labels of the text, or a list of them for a list of lists",
        "content": {"application/json": {"schema": {"oneOf": [{"$ref": "#/components/schemas/Labels"},
          {"type": "array", "items": {"$ref": "#/components/schemas/Labels"}}]}}}},
      "4XX": {"$ref": "#/components/responses/Error"}}}},
  "/tokenize": {"post": {"summary": "Tokens of texts",
    "requestBody": {"required": true, "content": {"application/json": {"schema": {"type": "object", "required": ["inputs"],
      "additionalProperties": false, "properties": {
        "inputs": {"$ref": "#/components/schemas/Texts"},
        "add_special_tokens": {"type": "boolean", "default": true, "nullable": true},
        "prompt_name": {"type": "string", "nullable": true}}}}}},
    "responses": {"200": {"description": "One list per text", "content": {"application/json": {"schema": {
        "type": "array", "items": {"type": "array", "items": {"type": "object", "properties": {
          "id": {"type": "integer"}, "text": {"type": "string"}, "special": {"type": "boolean"},
          "start": {"type": "integer", "nullable": true}, "stop": {"type": "integer", "nullable": true}}}}}}}},
      "4XX": {"$ref": "#/components/responses/Error"}}}}
},
"components": {
  "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
  "responses": {
    "Object": {"description": "An object", "content": {"application/json": {"schema": {"type": "object"}}}},
    "Error": {"description": "Refused: the reason in one sentence", "content": {"application/json": {"schema": {
      "type": "object", "required": ["error", "error_type"], "properties": {
        "error": {"type": "string"}, "error_type": {"type": "string"}}}}}},
    "OpenAiError": {"description": "Refused: the reason in one sentence", "content": {"application/json": {"schema": {
      "type": "object", "required": ["error"], "properties": {"error": {"type": "object", "properties": {
        "message": {"type": "string"}, "type": {"type": "string"},
        "param": {"type": "string", "nullable": true}, "code": {"type": "string", "nullable": true}}}}}}}}
  },
  "schemas": {
    "Texts": {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]},
    "Line": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 2},
    "Dimensions": {"type": "integer", "minimum": 1, "nullable": true, "description": "The first numbers of each embedding"},
    "Truncate": {"type": "boolean", "nullable": true, "description": "Truncate long texts; default: as the server was started"},
    "Direction": {"type": "string", "enum": ["right", "Right"], "nullable": true},
    "Labels": {"type": "array", "items": {"type": "object", "required": ["label", "score"], "properties": {
      "label": {"type": "string"}, "score": {"type": "number"}}}}
  }
}})json";

}  // namespace rpp

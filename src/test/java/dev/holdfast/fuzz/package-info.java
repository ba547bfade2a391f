/**
 * Requests that nobody thought of, made from the published contract: good ones, spoilt ones, and walks on which each call
 * uses what earlier replies told. A new operation is called as soon as the document has it.
 */
package dev.holdfast.fuzz;

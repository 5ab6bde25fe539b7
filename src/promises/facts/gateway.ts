/** What the gateway adds to the time of a model's response, the connection to the server included. Milliseconds. */
export const gatewayTime = {
  mean: 5,
  slow: 20,
  why: "p99 of 15.4 ms of requests to a model without delay, 64 connections on two cores (docs/performance.md), rounded up",
};

// Package samlrules holds the rules on SAML metadata, certificates, requests, responses, assertions and logout messages, and on
// what an IdP answers to a request that is asked of it live.
package samlrules

import "slices"

// Rules are all rules of the package.
var Rules = slices.Concat(mdDocument, mdValid, mdSchema, mdName, mdRole, mdService, mdSP, mdKey, mdAlgorithm, mdLogin, mdPeople, mdSource, mdPinned, certText, certTime, certKey,
	astHead, astSubject, astConfirmation, astConditions, astAudience, astSession, astAttributes, astValues,
	reqTransport, reqContent, reqRefused, reqSigned, reqEndpoint, rspTransport, rspHead, rspParties, rspStatus, lgoSAML)

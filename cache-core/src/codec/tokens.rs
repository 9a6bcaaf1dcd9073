//! What serde says of a value, token by token.
//!
//! Most forms that serde writes have values of which the bytes are equal: `Some(x)` is what `x` is, and nothing is what
//! `None` is, so `Some(None)` comes back as `None`. The tokens of different values are different.

use std::fmt;

use serde::Serialize;
use serde::ser::{
    self, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

/// What a token is of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Token {
    /// `None`, `()` and the like.
    Nothing,
    /// `Some`, before what is in it.
    Some,
    Bool,
    Signed,
    Unsigned,
    Float,
    Text,
    Bytes,
    /// Of a field or a variant, before what it has.
    Name,
    /// Before the parts of what has several.
    Open,
    /// After them.
    Close,
}

impl Token {
    /// Whether its bytes may be any number.
    pub(crate) const fn has_length(self) -> bool {
        matches!(self, Self::Text | Self::Bytes | Self::Name)
    }
}

/// Where tokens go.
pub(crate) trait Sink {
    /// Takes the next token.
    fn token(&mut self, token: Token, bytes: &[u8]) -> Result<(), Refused>;

    /// A struct of this name follows.
    fn of_struct(&mut self, _name: &'static str) -> Result<(), Refused> {
        Ok(())
    }
}

/// Gives the tokens of a value to a sink.
pub(crate) fn write<T: Serialize + ?Sized>(
    value: &T,
    is_human_readable: bool,
    sink: &mut impl Sink,
) -> Result<(), Refused> {
    value.serialize(Tokens { sink, is_human_readable })
}

/// Why a value has no tokens, or a sink has not taken them.
#[derive(Debug)]
pub(crate) struct Refused(pub(crate) String);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

impl ser::Error for Refused {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

struct Tokens<'s, S> {
    sink: &'s mut S,
    is_human_readable: bool,
}

type Written = Result<(), Refused>;

impl<'s, S: Sink> Tokens<'s, S> {
    fn open(self, name: Option<&'static str>) -> Result<Self, Refused> {
        if let Some(name) = name {
            self.sink.token(Token::Name, name.as_bytes())?;
        }
        self.sink.token(Token::Open, &[])?;
        Ok(self)
    }

    fn part<T: Serialize + ?Sized>(&mut self, name: Option<&'static str>, value: &T) -> Written {
        if let Some(name) = name {
            self.sink.token(Token::Name, name.as_bytes())?;
        }
        write(value, self.is_human_readable, self.sink)
    }
}

macro_rules! scalars {
    ($($method:ident($kind:ty as $wide:ty): $token:ident),+ $(,)?) => {
        $(fn $method(self, value: $kind) -> Written {
            self.sink.token(Token::$token, &<$wide>::from(value).to_le_bytes())
        })+
    };
}

impl<'s, S: Sink> Serializer for Tokens<'s, S> {
    type Ok = ();
    type Error = Refused;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    scalars! {
        serialize_bool(bool as u8): Bool,
        serialize_i8(i8 as i128): Signed, serialize_i16(i16 as i128): Signed, serialize_i32(i32 as i128): Signed,
        serialize_i64(i64 as i128): Signed, serialize_i128(i128 as i128): Signed,
        serialize_u8(u8 as u128): Unsigned, serialize_u16(u16 as u128): Unsigned,
        serialize_u32(u32 as u128): Unsigned, serialize_u64(u64 as u128): Unsigned,
        serialize_u128(u128 as u128): Unsigned,
        serialize_f32(f32 as f64): Float, serialize_f64(f64 as f64): Float,
    }

    fn serialize_char(self, value: char) -> Written {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Written {
        self.sink.token(Token::Text, value.as_bytes())
    }

    fn serialize_bytes(self, value: &[u8]) -> Written {
        self.sink.token(Token::Bytes, value)
    }

    fn serialize_none(self) -> Written {
        self.sink.token(Token::Nothing, &[])
    }

    fn serialize_some<T: Serialize + ?Sized>(mut self, value: &T) -> Written {
        self.sink.token(Token::Some, &[])?;
        self.part(None, value)
    }

    fn serialize_unit(self) -> Written {
        self.sink.token(Token::Nothing, &[])
    }

    fn serialize_unit_struct(self, _: &'static str) -> Written {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Written {
        self.sink.token(Token::Name, variant.as_bytes())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(mut self, _: &'static str, value: &T) -> Written {
        self.part(None, value)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        mut self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Written {
        self.part(Some(variant), value)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self, Refused> {
        self.open(None)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self, Refused> {
        self.open(None)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, Refused> {
        self.open(None)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Self, Refused> {
        self.open(Some(variant))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self, Refused> {
        self.open(None)
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Self, Refused> {
        self.sink.of_struct(name)?;
        self.open(None)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Self, Refused> {
        self.open(Some(variant))
    }

    fn is_human_readable(&self) -> bool {
        self.is_human_readable
    }
}

macro_rules! compounds {
    ($($kind:ident: $method:ident($($name:ident)?)),+ $(,)?) => {
        $(impl<S: Sink> $kind for Tokens<'_, S> {
            type Ok = ();
            type Error = Refused;

            fn $method<T: Serialize + ?Sized>(&mut self, $($name: &'static str,)? value: &T) -> Written {
                self.part(compounds!(@name $($name)?), value)
            }

            fn end(self) -> Written {
                self.sink.token(Token::Close, &[])
            }
        })+
    };
    (@name) => { None };
    (@name $name:ident) => { Some($name) };
}

compounds! {
    SerializeSeq: serialize_element(),
    SerializeTuple: serialize_element(),
    SerializeTupleStruct: serialize_field(),
    SerializeTupleVariant: serialize_field(),
    SerializeStruct: serialize_field(name),
    SerializeStructVariant: serialize_field(name),
}

impl<S: Sink> SerializeMap for Tokens<'_, S> {
    type Ok = ();
    type Error = Refused;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Written {
        self.part(None, key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        self.part(None, value)
    }

    fn end(self) -> Written {
        self.sink.token(Token::Close, &[])
    }
}

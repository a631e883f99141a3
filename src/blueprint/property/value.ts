// The static types that follow from property schemas.
import type {
  BoolProperty,
  Configurable,
  ConfigurableProperty,
  EnumProperty,
  Fields,
  IntProperty,
  ListProperty,
  MapProperty,
  ModuleProperty,
  MutatedProperty,
  NestedProperty,
  OptionalProperty,
  PathProperty,
  Property,
  StringProperty,
} from './property.ts';

/** The type of a property's value; unknown where the property could be any. */
export type ValueOf<TProperty> = [Property] extends [TProperty] ? unknown : KnownValueOf<TProperty>;

type KnownValueOf<TProperty> =
  TProperty extends EnumProperty<infer TWord>
    ? TWord
    : TProperty extends StringProperty | PathProperty | ModuleProperty
      ? string
      : TProperty extends BoolProperty
        ? boolean
        : TProperty extends IntProperty
          ? number
          : TProperty extends ListProperty<infer TElement>
            ? readonly ValueOf<TElement>[]
            : TProperty extends MapProperty<infer TElement>
              ? { readonly [name: string]: ValueOf<TElement> }
              : TProperty extends NestedProperty<infer TFields>
                ? ValuesOf<TFields>
                : TProperty extends OptionalProperty<infer TInner>
                  ? ValueOf<TInner> | undefined
                  : TProperty extends ConfigurableProperty<infer TInner>
                    ? Configurable<ValueOf<TInner>>
                    : TProperty extends MutatedProperty<infer TInner>
                      ? ValueOf<TInner>
                      : never;

/** The type of an object of properties. */
export type ValuesOf<TFields extends Fields> = {
  readonly [K in keyof TFields]: ValueOf<TFields[K]>;
};

/** Properties of which nothing is known at compile time. */
export type AnyValues = { readonly [name: string]: unknown };
